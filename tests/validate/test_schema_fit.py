"""The quick check of JSON Schemas, which avoids importing jsonschema, accepts only what jsonschema accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dac.load import load_repository
from dac.validate.schema_fit import is_plain_schema, plainly_fits
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
WORDS = st.sampled_from(["", "a", "b", "a-b", "-a", "A", "a_b", "v1", "a\n", "ten letters"])
SCALARS = st.one_of(WORDS, st.booleans(), st.integers(-2, 3), st.floats(-2, 3), st.none())
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=6
)

NUMBERS = st.integers(-1, 3)
PATTERNS = st.sampled_from(["^a", "b$", "^[a-z]+$", "(", ""])
KEYWORDS = {
    "type": st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null", "text"]),
    "enum": st.lists(SCALARS, min_size=1, max_size=3),
    "const": SCALARS,
    "pattern": PATTERNS,
    "minimum": NUMBERS,
    "maximum": NUMBERS,
    "exclusiveMinimum": NUMBERS,
    "minLength": NUMBERS,
    "maxLength": NUMBERS,
    "minItems": NUMBERS,
    "maxItems": NUMBERS,
    "minProperties": NUMBERS,
    "maxProperties": NUMBERS,
    "uniqueItems": st.booleans(),
    "required": st.lists(WORDS, max_size=2),
    "additionalProperties": st.booleans(),
    "default": SCALARS,
    "x-catalog": WORDS,
    "description": SCALARS,
}


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    nested = {
        "properties": st.dictionaries(WORDS, inner, max_size=2),
        "items": inner,
        "propertyNames": inner,
        "additionalProperties": st.booleans() | inner,
        "anyOf": st.lists(inner, max_size=2),
        "not": inner,
    }
    return st.fixed_dictionaries({}, optional=KEYWORDS | nested)


SCHEMAS = st.recursive(st.fixed_dictionaries({}, optional=KEYWORDS), schemas, max_leaves=4)


@given(SCHEMAS)
def test_a_plain_schema_is_a_schema(schema: Any) -> None:
    if is_plain_schema(schema):
        Draft202012Validator.check_schema(schema)


@given(SCHEMAS, VALUES)
def test_what_plainly_fits_fits(schema: Any, value: Any) -> None:
    if is_plain_schema(schema) and plainly_fits(value, schema):
        assert Draft202012Validator(schema).is_valid(value)


def test_the_standards_of_this_repository_do_not_need_jsonschema() -> None:
    """Every check would otherwise pay for its import; extend the quick check with the keyword that a standard uses."""
    repository, _ = load_repository(ROOT, [])
    assert repository.standards
    for standard in repository.standards.values():
        assert is_plain_schema(standard.decisions), standard.ref


@pytest.mark.parametrize("value", [True, 1.5, "3", None])
def test_only_an_integer_fits_an_integer(value: object) -> None:
    assert not plainly_fits(value, {"type": "integer"})
