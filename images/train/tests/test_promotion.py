"""promotion: what a checkpoint must show, each way in which it may not."""

from types import SimpleNamespace
from typing import Any

import pytest
from runtime.errors import InputError
from trainer import promotion
from trainer.scorecards import Score


def scores(*values: float, n: int = 200) -> list[Score]:
    """Return scores of the base model and of checkpoints, with the intervals that rates of `n` samples have."""
    made = []
    for step, value in enumerate(values):
        error = (max(value * (1 - value), 0.25 / n) / n) ** 0.5
        made.append(Score(10 * step, value, max(0.0, value - 1.96 * error), min(1.0, value + 1.96 * error), n, error))
    return made


def outcome(made: list[Score], threshold: float = 0.6, present: promotion.Candidate | None = None) -> str:
    best, base = promotion.best(made, "exact_match"), promotion.base(made)
    try:
        promotion.check(promotion.Claim("exact_match", threshold, 50), made, best, base, present)
    except InputError as error:
        return str(error).partition(", step 10, ")[2].split("; base: ")[0]
    return ""


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (scores(0.4, 0.7, 0.75), ""),
        (scores(0.9, 0.7), "does not beat the base model, which scores 0.9000"),
        (scores(0.75, 0.75), "does not beat the base model, which scores 0.7500"),
        (scores(0.7, 0.74), "is not better beyond chance than the base model, which scores 0.7000"),
        (scores(0.0, 1.0, n=1), "is of 1 sample, and at least 50 are needed"),
        (
            scores(0.0, 0.65),
            "is not above the threshold 0.6 beyond chance; more held-out rows make the interval narrower",
        ),
        (scores(0.0, 0.65, n=2000), ""),
    ],
)
def test_the_interval_the_base_model_and_the_number_of_rows_are_asked(made: list[Score], problem: str) -> None:
    assert outcome(made) == problem


@pytest.mark.parametrize(
    ("value", "problem"),
    [(0.74, ""), (0.75, ""), (0.76, "is worse than the present candidate, version 3, which scores 0.7600")],
)  # fmt: skip
def test_the_present_candidate_is_asked(value: float, problem: str) -> None:
    assert outcome(scores(0.4, 0.75), present=promotion.Candidate("3", value)) == problem


def test_small_drops_do_not_add_up() -> None:
    """Seven versions, each 0.03 below the one before: none after the first takes its place."""
    present, kept = None, []
    for value in (0.90, 0.87, 0.84, 0.81, 0.78, 0.75, 0.72):
        if not outcome(scores(0.4, value), present=present):
            present = promotion.Candidate(str(len(kept)), value)
            kept.append(value)
    assert kept == [0.90]


TAGS = {"dac.metric": "exact_match", "dac.suite_digest": "s", "dac.value": "0.9", "dac.run_id": "u0"}
CLAIM = promotion.Claim("exact_match", 0.6, 50)


@pytest.mark.parametrize(
    ("tags", "compared"), [(TAGS, True), (TAGS | {"dac.run_id": "u1"}, False), ({"dac.run_id": "u1"}, False)]
)
def test_a_candidate_of_the_same_rows_is_compared_and_one_of_this_run_is_not(
    tags: dict[str, str], compared: bool
) -> None:
    version: Any = SimpleNamespace(version=3, tags=tags)
    candidate = promotion.candidate(version, "u1", CLAIM, "s", "")
    assert candidate == (promotion.Candidate("3", 0.9) if compared else None)


@pytest.mark.parametrize(
    "tags",
    [
        TAGS | {"dac.suite_digest": "t"},
        TAGS | {"dac.metric": "token_f1"},
        TAGS | {"dac.value": "unknown"},
        {name: value for name, value in TAGS.items() if name != "dac.suite_digest"},
        {name: value for name, value in TAGS.items() if name != "dac.value"},
        {},
    ],
)
@pytest.mark.parametrize("replace", ["", "2", "33", "3"])
def test_a_candidate_of_other_rows_is_replaced_only_by_hand(tags: dict[str, str], replace: str) -> None:
    version: Any = SimpleNamespace(version=3, tags=tags)
    if replace == "3":
        assert promotion.candidate(version, "u1", CLAIM, "s", replace) is None
        return
    with pytest.raises(InputError, match=r"version 3, was not scored by exact_match on this run's .*replace=3 to"):
        promotion.candidate(version, "u1", CLAIM, "s", replace)


def test_no_candidate_yet() -> None:
    assert promotion.candidate(None, "u1", CLAIM, "s", "3") is None


def test_a_run_without_a_score_of_the_base_model_or_of_a_checkpoint() -> None:
    with pytest.raises(InputError, match="the base model was not scored"):
        promotion.base(scores(0.1, 0.2)[1:])
    with pytest.raises(InputError, match="no checkpoint was scored by exact_match"):
        promotion.best(scores(0.1), "exact_match")


@pytest.mark.parametrize(("kept", "problem"), [("0.666667", ""), ("0.666668", "is worse than the present candidate")])
def test_a_candidate_as_good_is_not_called_worse_by_rounding(kept: str, problem: str) -> None:
    """Two thirds, as the registry keeps it, is more than two thirds."""
    version: Any = SimpleNamespace(version=3, tags=TAGS | {"dac.value": kept})
    present = promotion.candidate(version, "u1", CLAIM, "s", "")
    assert outcome(scores(0.2, 2 / 3, n=300), threshold=0.5, present=present).startswith(problem)


@pytest.mark.parametrize(
    ("tags", "compared"), [({}, True), ({"dac.rules": "squad|v2"}, True), ({"dac.rules": "strict|v2"}, False)]
)
def test_a_candidate_that_was_scored_by_other_rules_is_replaced_only_by_hand(
    tags: dict[str, str], compared: bool
) -> None:
    """The suite's normalisation may have changed since: the same answers score more by it."""
    version: Any = SimpleNamespace(version=3, tags=TAGS | tags)
    claim = promotion.Claim("exact_match", 0.6, 50, "squad|v2")
    assert promotion.candidate(version, "u1", CLAIM, "s", "") == promotion.Candidate("3", 0.9)  # nothing scored yet
    if compared:
        assert promotion.candidate(version, "u1", claim, "s", "") == promotion.Candidate("3", 0.9)
        return
    with pytest.raises(InputError, match=r"was scored by strict\|v2, and this run by squad\|v2, .*replace=3 to"):
        promotion.candidate(version, "u1", claim, "s", "")
    assert promotion.candidate(version, "u1", claim, "s", "3") is None


def test_a_base_model_that_did_not_answer_is_not_beaten() -> None:
    promotion.check_answers(0, {"total": 100, "failed": 5})
    with pytest.raises(InputError, match="6 of 100 requests to the base model failed, and at most 5% may"):
        promotion.check_answers(0, {"total": 100, "failed": 6})
    with pytest.raises(InputError, match="100 of 100 requests to the checkpoint of step 10 failed"):
        promotion.check_answers(10, {"total": 100, "failed": 100})
