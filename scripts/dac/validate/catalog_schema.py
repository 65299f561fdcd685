"""The catalog's facts against the JSON Schemas beside them, standards/catalog/<kind>.schema.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dac.model import Document, Finding, Location, Pointer
from dac.model.suggestion import choose_from, suggestion
from dac.model.words import kind_of, quoted
from dac.validate.rules import RULES, TYPES
from dac.validate.schema import strict_validator
from dac.validate.schema_errors import accepted_types, closest_form, missing_name, unknown_keys
from dac.validate.schema_fit import plainly_fits


def schema_findings(kind: str, document: Document, schema: Mapping[str, Any] | None) -> list[Finding]:
    """Return what a kind's schema says of its facts; a finding, too, if there is no schema or an invalid one."""
    file = f"standards/catalog/{kind}.schema.json"
    if schema is None:
        text = f"the catalog's {kind} have no schema"
        return [Finding(document.at(()), "catalog.schema", text, f"describe them in {file}")]
    if plainly_fits(document.data, schema):
        return []
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        text = f"invalid JSON Schema: {error.message[:160]}"
        return [Finding(Location(file), "catalog.schema", text, "fix the schema")]
    facts = _Facts(kind, document)
    return [f for error in strict_validator(schema).iter_errors(document.data) for f in facts.findings(error, ())]


@dataclass(frozen=True, slots=True)
class _Facts:
    kind: str
    document: Document

    def findings(self, error: Any, base: Pointer) -> Iterator[Finding]:
        """Yield the findings of one error; `base` leads to what a form of `anyOf` was tried on."""
        keyword, wanted = error.validator, error.validator_value
        pointer = (*base, *error.relative_path)
        if keyword == "required":
            yield self._missing(error, pointer)
        elif keyword == "additionalProperties":
            yield from self._unknown(error, pointer)
        elif keyword == "type":
            yield self._type(error, pointer, [wanted] if isinstance(wanted, str) else wanted)
        elif keyword in ("anyOf", "oneOf"):
            form = closest_form(error)
            if form is None:
                yield self._type(error, pointer, accepted_types(error))
            for inner in form or ():
                yield from self.findings(inner, pointer)
        else:
            yield self._not_allowed(error, pointer)

    def _missing(self, error: Any, pointer: Pointer) -> Finding:
        name = missing_name(error)
        schema = error.schema.get("properties", {}).get(name, {})
        remedy = f"add it: {_types(schema)}" if "type" in schema else "add it"
        if schema.get("x-was") in error.instance:
            remedy = f"rename {schema['x-was']}, as it was called"
        text = f"{self._named(pointer)} has no {name}"
        return Finding(self.document.at_key(pointer), "catalog.missing", text, remedy)

    def _unknown(self, error: Any, pointer: Pointer) -> Iterator[Finding]:
        properties = error.schema.get("properties", {})
        former = {schema.get("x-was") for name, schema in properties.items() if name not in error.instance}
        for key in unknown_keys(error):
            if key not in former:  # reported as the missing name that it is to be renamed to
                text, remedy = f"unknown field {quoted(key)} in {self._named(pointer)}", suggestion(key, properties)
                yield Finding(self.document.at_key((*pointer, key)), "catalog.unknown_field", text, remedy)

    def _type(self, error: Any, pointer: Pointer, types: list[str]) -> Finding:
        kinds = " or ".join(dict.fromkeys(TYPES.get(kind, kind) for kind in types))
        text = f"{self._named(pointer)} is {kind_of(error.instance)}, not {kinds}"
        return Finding(self.document.at(pointer), "catalog.wrong_type", text, f"write {kinds}")

    def _not_allowed(self, error: Any, pointer: Pointer) -> Finding:
        keyword, wanted = error.validator, error.validator_value
        place, value = self.document.at(pointer), quoted(error.instance)
        if keyword == "enum":
            text = f"{self._named(pointer)} cannot be {value}"
            return Finding(
                place,
                "catalog.not_allowed",
                text,
                choose_from(str(each).lower() if isinstance(each, bool) else str(each) for each in wanted),
            )
        rule = RULES.get(keyword, "it breaks the rule {0} of its schema").format(
            wanted if keyword in RULES else keyword
        )
        text = f"{self._named(pointer)} is {value}: {rule}"
        return Finding(place, "catalog.not_allowed", text, error.schema.get("x-hint") or "fix it")

    def _named(self, pointer: Pointer) -> str:
        """Return what a pointer leads to, in words: `egress.ports[0] of "slack"`."""
        if not pointer:
            return f"the catalog's {self.kind}"
        name, *path = pointer
        inner = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
        return f"{inner} of {quoted(name)}" if inner else quoted(name)


def _types(schema: Mapping[str, Any]) -> str:
    kind = schema["type"]
    return " or ".join(TYPES.get(k, k) for k in ([kind] if isinstance(kind, str) else kind))
