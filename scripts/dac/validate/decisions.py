"""One pipeline's decisions against its standard's JSON Schema and the catalog's names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dac.model import Document, Finding, Pipeline, Pointer, Repository, Standard, beyond
from dac.model.suggestion import nearest, suggestion
from dac.model.words import article_list, kind_of, quoted
from dac.validate.rules import RULES, TYPES
from dac.validate.schedule import KIND, is_written_out, schedule_findings
from dac.validate.schema import Schemas, fits, is_address
from dac.validate.schema_errors import accepted_types, closest_form, missing_name, unknown_keys
from dac.validate.schema_fit import plainly_fits


@dataclass(frozen=True, slots=True)
class Decided:
    """One pipeline with all that its findings speak of."""

    pipeline: Pipeline
    standard: Standard
    repository: Repository
    document: Document
    schemas: Schemas

    def findings(self) -> list[Finding]:
        """Return what the standard's schema and the catalog say of the decisions."""
        if not self.schemas.is_usable(self.standard.ref):
            return []
        base: Pointer = ("pipelines", self.pipeline.name)
        findings: list[Finding] = []
        if not plainly_fits(self.pipeline.decisions, self.standard.decisions):
            validator = self.schemas.validator(self.standard.ref)
            findings = [f for error in validator.iter_errors(self.pipeline.decisions) for f in self._of(error, base)]
        return findings + beyond(findings, self._names(self.standard.decisions, self.pipeline.decisions, base))

    def _of(self, error: Any, base: Pointer) -> Iterator[Finding]:
        kind, wanted = error.validator, error.validator_value
        pointer = (*base, *error.absolute_path)
        if kind == "additionalProperties" and wanted is False:
            for key in unknown_keys(error):
                yield self._unknown(key, pointer, error)
        elif kind == "required":
            yield from self._missing(error, pointer)
        elif kind == "type":
            yield self._type(pointer, error, [wanted] if isinstance(wanted, str) else wanted)
        elif kind in ("enum", "const"):
            yield self._choice(pointer, error, wanted if kind == "enum" else [wanted])
        elif kind in ("anyOf", "oneOf") and error.context:
            yield from self._forms(error, base, pointer)
        elif "propertyNames" in error.schema_path:
            text = f"{quoted(error.instance)} cannot be a name in {_named(pointer)}"
            place = self.document.at_key((*pointer, error.instance))
            yield Finding(place, "decision.not_allowed", text, error.schema.get("x-hint", f"match {wanted}"))
        else:
            rule = RULES.get(kind, "it breaks the rule {0} of its standard").format(wanted if kind in RULES else kind)
            text = f"{_named(pointer)} is {quoted(error.instance)}: {rule}"
            remedy = error.schema.get("x-hint") or _example(error.schema)
            yield Finding(self.document.at(pointer), "decision.not_allowed", text, remedy)

    def _forms(self, error: Any, base: Pointer, pointer: Pointer) -> Iterator[Finding]:
        """Report a value of several forms: what is wrong with the form of its type, else which types it may have."""
        form = closest_form(error)
        if form is None:
            yield self._type(pointer, error, accepted_types(error))
        for inner in form or ():
            yield from self._of(inner, base)

    def _type(self, pointer: Pointer, error: Any, types: list[str]) -> Finding:
        kinds = " or ".join(dict.fromkeys(TYPES.get(t, t) for t in types))
        value = error.instance
        is_plain = isinstance(value, int | float) and "string" in types
        remedy = f'write it in quotes: "{str(value).lower()}"' if is_plain else _example(error.schema)
        text = f"{_named(pointer)} is {kind_of(value)}, not {kinds}"
        return Finding(self.document.at(pointer), "decision.wrong_type", text, remedy)

    def _choice(self, pointer: Pointer, error: Any, choices: list[Any]) -> Finding:
        remedy = suggestion(str(error.instance), [str(choice) for choice in choices])
        text = f"{_named(pointer)} cannot be {quoted(error.instance)}"
        return Finding(self.document.at(pointer), "decision.not_allowed", text, remedy)

    def _unknown(self, key: str, pointer: Pointer, error: Any) -> Finding:
        place = self.document.at_key((*pointer, key))
        top = len(pointer) == 2
        missing = [name for name in error.schema.get("required", []) if name not in error.instance]
        names = list(error.schema.get("properties", {}))
        text = f"unknown decision {quoted(key)}" if top else f"unknown key {quoted(key)} in {_named(pointer)}"
        others = [r for r, s in self.repository.standards.items() if key in s.decisions.get("properties", {})]
        if top and others and not nearest(key, names):
            text = f"{quoted(key)} is a decision of {article_list(map(str, others))}, not of {self.standard.ref}"
            return Finding(place, "decision.of_other_standard", text, "remove it, or change the standard")
        return Finding(place, "decision.unknown", text, suggestion(key, names, likely=missing))

    def _missing(self, error: Any, pointer: Pointer) -> Iterator[Finding]:
        """Jsonschema reports each missing name as its own error; a near miss is reported at the misspelt key alone."""
        absent = missing_name(error)
        if any(nearest(key, [absent]) for key in unknown_keys(error)):
            return
        top = len(pointer) == 2
        text = f"{quoted(absent)} is not decided" if top else f"{quoted(absent)} is missing in {_named(pointer)}"
        remedy = _example(error.schema.get("properties", {}).get(absent, {}), "add")
        yield Finding(self.document.at_key(pointer), "decision.missing", text, remedy)

    def _names(self, schema: Any, value: Any, pointer: Pointer) -> Iterator[Finding]:
        """Names that the catalog does not have, wherever the schema says `x-catalog`."""
        if not isinstance(schema, Mapping):
            return
        kind = schema.get("x-catalog")
        if kind == KIND and is_written_out(value):
            yield from schedule_findings(value, pointer, self.document)
        elif is_address(schema, value):
            yield from self._address(schema, value, pointer)
        elif isinstance(kind, str) and isinstance(value, str):
            yield from self._name(kind, value, pointer)
        if isinstance(value, Mapping):
            properties, others = schema.get("properties", {}), schema.get("additionalProperties")
            for key, part in value.items():
                yield from self._names(properties.get(key, others), part, (*pointer, key))
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._names(schema.get("items"), item, (*pointer, index))

    def _address(self, schema: Mapping[str, Any], value: str, pointer: Pointer) -> Iterator[Finding]:
        """Yield that an address in place of a name is not one that the schema allows."""
        pattern = schema["x-address"]
        if not fits(value, {"pattern": pattern}):
            text = f"{_named(pointer)} is {quoted(value)}: {RULES['pattern'].format(pattern)}"
            samples = [sample for sample in schema.get("examples", []) if is_address(schema, sample)]
            yield Finding(self.document.at(pointer), "decision.not_allowed", text, _example({"examples": samples}))

    def _name(self, kind: str, value: str, pointer: Pointer) -> Iterator[Finding]:
        names = self.repository.catalog.kinds.get(kind)
        if names is None or value in names:
            return
        text = f"{quoted(value)} is not in standards/catalog/{kind}.yaml"
        yield Finding(self.document.at(pointer), "catalog.unknown_name", text, suggestion(value, names))


def _named(pointer: Pointer) -> str:
    """Return the name of what a pointer leads to, with its place in a list: `"metrics[0]"`."""
    last = max(index for index, step in enumerate(pointer) if isinstance(step, str))
    return quoted(str(pointer[last]) + "".join(f"[{step}]" for step in pointer[last + 1 :]))


def _example(schema: Mapping[str, Any], verb: str = "write") -> str:
    examples = schema.get("examples") or ([schema["default"]] if "default" in schema else [])
    if not examples:
        return f"{verb} it" if verb == "add" else "fix it"
    what = "it," if verb == "add" else "one"
    return f"{verb} {what} such as {' or '.join(quoted(e) for e in examples[:2])}"
