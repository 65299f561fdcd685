"""JSON Schemas: each standard's, and the whole decisions.yaml's, for editors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dac.model import Pointer, Repository, Standard, StandardRef
from dac.model.names import LABEL, LABEL_LENGTH
from dac.validate.schedule import KIND
from dac.validate.schema_fit import is_plain_schema, plainly_fits

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STANDARD = "the standard and its version; it says what else can be decided: dac standards NAME"
_LABEL = {"type": "string", "pattern": LABEL, "maxLength": LABEL_LENGTH}


class Schemas:
    """The standards' schemas of decisions, each checked and compiled once, when the first pipeline asks."""

    def __init__(self, standards: Mapping[StandardRef, Standard]) -> None:
        self._standards = standards
        self._usable: dict[StandardRef, bool] = {}
        self._validators: dict[StandardRef, Validator] = {}

    def is_usable(self, ref: StandardRef) -> bool:
        """Whether decisions can be held against the standard's schema; where they cannot, the schema is reported."""
        if ref not in self._usable:
            self._usable[ref] = schema_error(self._standards[ref]) is None
        return self._usable[ref]

    def validator(self, ref: StandardRef) -> Validator:
        """Return the validator of a standard's decisions; the schema must be usable."""
        if ref not in self._validators:
            self._validators[ref] = strict_validator(self._standards[ref].decisions)
        return self._validators[ref]


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value fits a schema."""
    return plainly_fits(value, schema) or strict_validator(schema).is_valid(value)


def strict_validator(schema: Any) -> Validator:
    """Return a validator of draft 2020-12 whose `$` means the end of the text, as in RE2."""
    from dac.validate.strict_validator import StrictValidator

    return StrictValidator(schema)


def schema_error(standard: Standard) -> tuple[Pointer, str] | None:
    """Why a standard's `decisions` are not a JSON Schema of a closed mapping, and where in them; None when they are."""
    if not is_plain_schema(standard.decisions):
        from jsonschema import Draft202012Validator, SchemaError

        try:
            Draft202012Validator.check_schema(standard.decisions)
        except SchemaError as error:
            return tuple(error.absolute_path), error.message[:160]
    if standard.decisions.get("type") != "object" or standard.decisions.get("additionalProperties") is not False:
        return (), "it must be of type object, with additionalProperties: false"
    return _unusable(standard.decisions, ())


def _unusable(schema: Any, pointer: Pointer) -> tuple[Pointer, str] | None:
    """Find a reference, or a pattern that does not compile: the meta-schema allows both, validation would fail."""
    parts = schema.items() if isinstance(schema, Mapping) else enumerate(schema) if isinstance(schema, list) else ()
    for key, part in parts:
        here: Pointer = (*pointer, key)
        if key in ("$ref", "$dynamicRef") and isinstance(part, str):
            return here, "a reference; write the schema out"
        if key == "pattern" and isinstance(part, str):
            try:
                re.compile(part)
            except re.error as error:
                return here, f"invalid pattern {part!r}: {error}"
        if (problem := _unusable(part, here)) is not None:
            return problem
    return None


def names_of(schema: Mapping[str, Any], repository: Repository) -> list[str] | None:
    """Return the names that `x-catalog` of a schema allows; None if it names no kind of the catalog."""
    kind = schema.get("x-catalog")
    names = repository.catalog.kinds.get(kind) if isinstance(kind, str) else None
    return None if names is None else sorted(names)


def is_address(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a value is an address where `x-address` allows one in place of a name of the catalog."""
    return "x-address" in schema and isinstance(value, str) and "://" in value


def decisions_schema(repository: Repository) -> dict[str, Any]:
    """Return the JSON Schema of decisions.yaml for editors: the catalog's names filled in, one branch a standard."""
    branches = [_branch(standard, repository) for _, standard in sorted(repository.standards.items(), key=_by_ref)]
    owners = _named(repository, "owners")
    return {
        "$schema": _DIALECT,
        "title": "decisions.yaml",
        "description": "What one team decides: its owner, and for each pipeline a standard and about five decisions.",
        "type": "object",
        "additionalProperties": False,
        "required": ["owner", "pipelines"],
        "properties": {
            "owner": {"description": "the team, by its name in standards/catalog/owners.yaml", **owners},
            "pipelines": {
                "description": "the project's pipelines, each by a name of its own: a use of a standard",
                "type": "object",
                "minProperties": 1,
                "propertyNames": _LABEL,
                "additionalProperties": {
                    "description": "one pipeline: the standard that it uses, and what is decided of it",
                    "type": "object",
                    "required": ["standard"],
                    "properties": {
                        "standard": {"description": _STANDARD, "enum": sorted(map(str, repository.standards))}
                    },
                    "allOf": branches,
                },
            },
        },
    }


def _by_ref(item: tuple[Any, Standard]) -> str:
    return str(item[0])


def _branch(standard: Standard, repository: Repository) -> dict[str, Any]:
    """Return a standard's decisions, in force where `standard` names it."""
    decisions = _filled(standard.decisions, repository)
    own = {"const": str(standard.ref), "description": standard.summary}
    properties = {"standard": own, **decisions.get("properties", {})}
    required = ["standard", *decisions.get("required", [])]
    return {
        "if": {"properties": {"standard": {"const": str(standard.ref)}}, "required": ["standard"]},
        "then": {**decisions, "properties": properties, "required": required},
    }


def _filled(schema: Any, repository: Repository) -> Any:
    """Return the schema with `x-catalog: KIND` replaced by the names that KIND has, and by what `x-address` allows."""
    if isinstance(schema, list):
        return [_filled(item, repository) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    filled = {key: _filled(value, repository) for key, value in schema.items() if key != "x-catalog"}
    kind = schema.get("x-catalog")
    if kind == KIND:  # a schedule may be written out, too: its names are proposed
        filled["examples"] = [*sorted(repository.catalog.kinds.get(kind, {})), *filled.get("examples", [])]
    elif isinstance(kind, str):
        names, address = _named(repository, kind), schema.get("x-address")
        filled |= {"anyOf": [names, {"type": "string", "pattern": address}]} if address else names
    return filled


def _named(repository: Repository, kind: str) -> dict[str, Any]:
    names: Iterable[str] = repository.catalog.kinds.get(kind, {})
    return {"enum": sorted(names)} if names else {"type": "string"}
