"""JSON Schemas: each standard's, compiled once; and the whole decisions.yaml's, for editors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dac.model import Repository, Standard

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LABEL = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}
_validators: dict[int, tuple[Standard, Validator]] = {}


def validator(standard: Standard) -> Validator:
    """The compiled validator of a standard's decisions."""
    kept = _validators.get(id(standard))
    if kept is None:
        from jsonschema import Draft202012Validator

        kept = _validators[id(standard)] = (standard, Draft202012Validator(standard.decisions))
    return kept[1]


def decisions_schema(repository: Repository) -> dict[str, Any]:
    """The JSON Schema of decisions.yaml for editors: the catalog's names filled in, one branch a standard."""
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
                "type": "object",
                "minProperties": 1,
                "propertyNames": _LABEL,
                "additionalProperties": {
                    "type": "object",
                    "required": ["standard"],
                    "properties": {"standard": {"enum": sorted(map(str, repository.standards))}},
                    "allOf": branches,
                },
            },
        },
    }


def _by_ref(item: tuple[Any, Standard]) -> str:
    return str(item[0])


def _branch(standard: Standard, repository: Repository) -> dict[str, Any]:
    """A standard's decisions, in force where `standard` names it."""
    decisions = _filled(standard.decisions, repository)
    own = {"const": str(standard.ref), "description": standard.summary}
    properties = {"standard": own, **decisions.get("properties", {})}
    required = ["standard", *decisions.get("required", [])]
    return {
        "if": {"properties": {"standard": {"const": str(standard.ref)}}, "required": ["standard"]},
        "then": {**decisions, "properties": properties, "required": required},
    }


def _filled(schema: Any, repository: Repository) -> Any:
    """The schema with `x-catalog: KIND` replaced by the names that KIND has."""
    if isinstance(schema, list):
        return [_filled(item, repository) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    filled = {key: _filled(value, repository) for key, value in schema.items() if key != "x-catalog"}
    if isinstance(kind := schema.get("x-catalog"), str):
        filled |= _named(repository, kind)
    return filled


def _named(repository: Repository, kind: str) -> dict[str, Any]:
    names: Iterable[str] = repository.catalog.kinds.get(kind, {})
    return {"enum": sorted(names)} if names else {"type": "string"}
