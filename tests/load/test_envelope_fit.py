"""The envelopes' quick check, which avoids importing pydantic, agrees with pydantic's models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dac.load import load_repository
from dac.load.envelope import DecisionsEnvelope, EstimateEnvelope, MigrationEnvelope, StandardEnvelope, WaiversEnvelope
from dac.load.envelope_estimate import fits_estimate
from dac.load.envelope_fit import fits_decisions, fits_migration, fits_standard, fits_waivers
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

ROOT = Path(__file__).parents[2]
WORDS = st.sampled_from(
    ["", "a", "a-b", "-a", "A", "a_b", "v1", "x@v1", "2031-01-01", "x" * 63, "x" * 64, "a\n", "ten letters"]
)
CODES = st.sampled_from(["a.b", "a_b.c1", "a", "a.", "A.b", "a.b.c", "a.b\n"])
SCALARS = st.one_of(WORDS, st.booleans(), st.integers(-2, 3), st.floats(-2, 3), st.none())
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=6
)

PIPELINE = st.fixed_dictionaries({"standard": WORDS}, optional={"size": VALUES})
DECISIONS = st.fixed_dictionaries({"owner": WORDS, "pipelines": st.dictionaries(WORDS, PIPELINE, max_size=2)})
PARAMETER = st.fixed_dictionaries({"value": WORDS, "pattern": WORDS, "description": WORDS})
PATHS = st.lists(WORDS, max_size=2) | SCALARS
AMOUNT = st.fixed_dictionaries({"value": WORDS}, optional={"most": WORDS, "actual": PATHS})
STEP = st.fixed_dictionaries(
    {"seconds": WORDS},
    optional={"pods": st.lists(WORDS, max_size=2), "number": WORDS, "when": WORDS, "beside": SCALARS},
)
FIGURE = st.fixed_dictionaries({"least": SCALARS, "most": SCALARS, "source": WORDS})
WORK = st.fixed_dictionaries({"summary": WORDS}, optional={"value": WORDS, "actual": PATHS, "whole": PATHS})
ESTIMATE = st.fixed_dictionaries(
    {"steps": st.dictionaries(WORDS, STEP, max_size=2)},
    optional={
        "figures": st.dictionaries(WORDS, FIGURE, max_size=2),
        "work": st.dictionaries(WORDS, WORK, max_size=2),
        "tokens": AMOUNT,
        "alike": PATHS,
        "token_usd": AMOUNT,
    },
)
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
    optional={"checks": st.lists(WORDS, max_size=2), "estimate": st.one_of(ESTIMATE, VALUES)},
)
MOVE = st.fixed_dictionaries({}, optional={"to": CODES | WORDS, "drop": WORDS})
MIGRATION = st.fixed_dictionaries(
    {"from": WORDS, "means": WORDS},
    optional={
        "class": st.sampled_from(["no-op", "new collection", "none", "", 1, None, ["no-op"]]),
        "decisions": st.dictionaries(WORDS, MOVE, max_size=2),
        "add": st.dictionaries(WORDS, VALUES, max_size=1),
    },
)
WAIVER = st.fixed_dictionaries(
    {"rule": CODES, "path": WORDS, "value": SCALARS, "until": WORDS, "owner": WORDS, "reason": WORDS}
)
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


@given(st.one_of(MIGRATION, VALUES))
def test_migrations(data: Any) -> None:
    assert fits_migration(data) == passes(MigrationEnvelope, data)


@given(st.one_of(STANDARD, VALUES))
def test_standard(data: Any) -> None:
    assert fits_standard(data) == passes(StandardEnvelope, data)


@given(st.one_of(ESTIMATE, VALUES))
def test_estimate(data: Any) -> None:
    assert fits_estimate(data) == passes(EstimateEnvelope, data)


@given(st.one_of(WAIVERS, VALUES))
def test_waivers(data: Any) -> None:
    assert fits_waivers(data) == passes(WaiversEnvelope, data)


def test_the_standards_of_this_repository_do_not_need_pydantic() -> None:
    """Every check would otherwise pay for its import; extend the quick check with the field that a standard uses."""
    repository, _ = load_repository(ROOT, [])
    assert repository.standards
    for standard in repository.standards.values():
        assert fits_standard(standard.document.data), standard.ref
