"""The cheap looks that spare the start of pydantic and jsonschema: what they pass, the two pass as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dac.load import load_repository
from dac.load.envelope import DecisionsEnvelope, StandardEnvelope, WaiversEnvelope
from dac.load.envelope_fit import fits_decisions, fits_standard, fits_waivers
from dac.validate.schema_fit import is_plain_schema, plainly_fits
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

ROOT = Path(__file__).parents[2]
WORDS = st.sampled_from(
    ["", "a", "a-b", "-a", "A", "a_b", "v1", "x@v1", "2031-01-01", "x" * 63, "x" * 64, "a\n", "ten letters"]
)
SCALARS = st.one_of(WORDS, st.booleans(), st.integers(-2, 3), st.floats(-2, 3), st.none())
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=6
)

PIPELINE = st.fixed_dictionaries({"standard": WORDS}, optional={"size": VALUES})
DECISIONS = st.fixed_dictionaries({"owner": WORDS, "pipelines": st.dictionaries(WORDS, PIPELINE, max_size=2)})
PARAMETER = st.fixed_dictionaries({"value": WORDS, "pattern": WORDS, "description": WORDS})
STANDARD = st.fixed_dictionaries(
    {
        "name": WORDS,
        "version": WORDS,
        "summary": WORDS,
        "decisions": st.dictionaries(WORDS, VALUES, max_size=1),
        "parameters": st.dictionaries(WORDS, PARAMETER, max_size=2),
        "schedule": WORDS,
        "limits": st.dictionaries(WORDS, VALUES, max_size=1),
        "service_account": WORDS,
    },
    optional={"checks": st.lists(WORDS, max_size=2)},
)
WAIVER = st.fixed_dictionaries({"rule": WORDS, "path": WORDS, "until": WORDS, "owner": WORDS, "reason": WORDS})
WAIVERS = st.fixed_dictionaries({"waivers": st.lists(WAIVER, max_size=2)})


def passes(model: type[BaseModel], data: Any) -> bool:
    try:
        model.model_validate(data)
    except ValidationError:
        return False
    return True


@given(st.one_of(DECISIONS, VALUES))
def test_decisions(data: Any) -> None:
    assert fits_decisions(data) == passes(DecisionsEnvelope, data)


@given(st.one_of(STANDARD, VALUES))
def test_standard(data: Any) -> None:
    assert fits_standard(data) == passes(StandardEnvelope, data)


@given(st.one_of(WAIVERS, VALUES))
def test_waivers(data: Any) -> None:
    assert fits_waivers(data) == passes(WaiversEnvelope, data)


NUMBERS = st.integers(-1, 3)
PATTERNS = st.sampled_from(["^a", "b$", "^[a-z]+$", "(", ""])
KEYWORDS = {
    "type": st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "text"]),
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


def test_the_standards_that_there_are_need_neither_library() -> None:
    """Else every check pays for it; the look must learn the keyword that a standard has begun to use."""
    repository, _ = load_repository(ROOT, [])
    assert repository.standards
    for standard in repository.standards.values():
        assert is_plain_schema(standard.decisions), standard.ref
        assert fits_standard(standard.document.data), standard.ref


@pytest.mark.parametrize("value", [True, 1.5, "3", None])
def test_an_integer_is_no_other_thing(value: object) -> None:
    assert not plainly_fits(value, {"type": "integer"})
