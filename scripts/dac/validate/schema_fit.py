"""Whether a value plainly fits a JSON Schema, decided without jsonschema.

Importing jsonschema takes 0.15 s of the processor, a third of what a whole check of one project may take. So it is
asked only where it is not plain that all is well, and it alone says what is wrong. What is plain here holds there: a
test holds the two against each other.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}
_SILENT = frozenset({"$schema", "title", "description", "default", "examples"})  # keywords that refuse nothing


def is_plain_schema(schema: Any) -> bool:
    """Whether it is plainly a JSON Schema, of the keywords that `plainly_fits` knows; else jsonschema must tell."""
    return isinstance(schema, dict) and all(_is_plain(keyword, value) for keyword, value in schema.items())


def _is_plain(keyword: str, value: Any) -> bool:
    if keyword in _BOUNDS:
        return _TYPES["number"](value)
    if keyword in ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"):
        return _TYPES["integer"](value) and value >= 0
    if keyword in ("title", "description", "pattern"):
        return isinstance(value, str) and (keyword != "pattern" or _compiles(value))
    if keyword in ("required", "enum", "examples"):
        strings = keyword != "required" or (all(isinstance(v, str) for v in value) and len(set(value)) == len(value))
        return isinstance(value, list) and strings
    if keyword == "uniqueItems":
        return isinstance(value, bool)
    if keyword in ("anyOf", "items"):
        parts = value if keyword == "anyOf" else [value]
        return isinstance(parts, list) and bool(parts) and all(map(is_plain_schema, parts))
    if keyword == "properties":
        return isinstance(value, dict) and all(map(is_plain_schema, value.values()))
    if keyword == "type":
        return isinstance(value, str) and value in _TYPES
    return (
        keyword == "default"
        or keyword.startswith("x-")
        or (keyword == "additionalProperties" and (value is False or is_plain_schema(value)))
        or (keyword == "propertyNames" and is_plain_schema(value))
    )


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def plainly_fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether the value fits for certain; False where it does not, and where this does not know a keyword."""
    return all(_fits(value, keyword, wanted, schema) for keyword, wanted in schema.items())


def _fits(value: Any, keyword: str, wanted: Any, schema: Mapping[str, Any]) -> bool:
    if keyword in _SILENT or keyword.startswith("x-"):
        return True
    if keyword == "type":
        return isinstance(wanted, str) and wanted in _TYPES and _TYPES[wanted](value)
    if keyword == "enum":  # of texts alone: to Python, 1 and True are equal
        return isinstance(value, str) and value in wanted
    if keyword == "anyOf":
        return any(plainly_fits(value, form) for form in wanted)
    if isinstance(value, str):
        return _fits_text(value, keyword, wanted)
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return keyword in _BOUNDS and _BOUNDS[keyword](value, wanted)
    if isinstance(value, list):
        return _fits_list(value, keyword, wanted)
    return isinstance(value, dict) and _fits_mapping(value, keyword, wanted, schema)


def _fits_text(value: str, keyword: str, wanted: Any) -> bool:
    if keyword == "pattern":
        return "\n" not in value and re.search(wanted, value) is not None
    return (keyword == "minLength" and len(value) >= wanted) or (keyword == "maxLength" and len(value) <= wanted)


def _fits_list(value: list[Any], keyword: str, wanted: Any) -> bool:
    if keyword == "items":
        return all(plainly_fits(item, wanted) for item in value)
    if keyword == "uniqueItems":
        alike = {type(item) for item in value} in ({str}, {int})  # to Python, 1 and True are equal, and 1 and 1.0
        return wanted is False or not value or (alike and len(set(value)) == len(value))
    return (keyword == "minItems" and len(value) >= wanted) or (keyword == "maxItems" and len(value) <= wanted)


def _fits_mapping(value: Mapping[str, Any], keyword: str, wanted: Any, schema: Mapping[str, Any]) -> bool:
    if keyword == "properties":
        return all(plainly_fits(value[name], part) for name, part in wanted.items() if name in value)
    if keyword == "required":
        return all(name in value for name in wanted)
    if keyword in ("minProperties", "maxProperties"):
        return bool(len(value) >= wanted if keyword == "minProperties" else len(value) <= wanted)
    if keyword == "propertyNames":
        return all(plainly_fits(name, wanted) for name in value)
    others = value.keys() - schema.get("properties", {}).keys()
    if keyword != "additionalProperties" or wanted is False:
        return keyword == "additionalProperties" and not others
    return isinstance(wanted, dict) and all(plainly_fits(value[name], wanted) for name in others)
