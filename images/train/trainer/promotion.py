"""What a checkpoint must show before it becomes the candidate, from the scorecards of its run and the registry.

A score is of a sample, so its interval decides and not its value: the threshold lies below the whole interval of the
best checkpoint, and its gain over the base model is beyond chance. The present candidate is asked too: what is worse
never takes its place, and a candidate that was scored on other rows is replaced only where a person says so.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.errors import InputError
from runtime.registry import RUN_TAG
from runtime.words import plural

from trainer import checkpoint
from trainer.scorecards import Score

Z = 1.645  # one-sided, 95 %
DIGITS = 6  # of a score in the registry
MOST_FAILED = 0.05  # share of a model's requests that may fail: each counts as a wrong answer, the base model's too


@dataclass(frozen=True, slots=True)
class Claim:
    """What is asked of a checkpoint.

    Attributes:
        metric: the metric that is compared.
        threshold: what its whole interval must reach.
        least: the fewest samples that it may be a score of.
        rules: the metric's signature; empty before anything was scored.
    """

    metric: str
    threshold: float
    least: int
    rules: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The present candidate's score of the same metric on the same rows.

    Attributes:
        version: its number in the registry.
        value: its score.
    """

    version: str
    value: float


def base(scores: Sequence[Score]) -> Score:
    """Return the base model's score.

    Raises:
        InputError: it was not scored, so that nothing says whether training improved anything.
    """
    for score in scores:
        if score.step == checkpoint.BASE:
            return score
    raise InputError("the base model was not scored, so no gain can be shown; see the evaluations' logs")


def best(scores: Sequence[Score], metric: str) -> Score:
    """Return the best checkpoint's score of a metric, the earlier one of two equals; the base model does not count.

    Raises:
        InputError: no checkpoint was scored.
    """
    trained = [score for score in scores if score.step != checkpoint.BASE]
    if not trained:
        raise InputError(f"no checkpoint was scored by {metric}, so none can be promoted; see the evaluations' logs")
    return max(trained, key=lambda score: (score.value, -score.step))


def candidate(version: Any | None, run_id: str, claim: Claim, suite_digest: str, replace: str) -> Candidate | None:
    """Return the present candidate's score, or None where there is none that this run is held against.

    Args:
        version: the registry's version that the alias `candidate` points to, or None.
        run_id: this run's, whose own version of an earlier try is not compared with itself.
        claim: gives the metric that is compared.
        suite_digest: of the suite's samples.
        replace: the version that a person lets this run replace unseen; empty where none is.

    Raises:
        InputError: the candidate was scored by another metric or on other rows, so that nothing says which is better.
    """
    tags: Mapping[str, str] = {} if version is None else version.tags
    if version is None or tags.get(RUN_TAG) == run_id:
        return None
    number, score = str(version.version), _score(tags)
    alike = (tags.get("dac.metric"), tags.get("dac.suite_digest")) == (claim.metric, suite_digest)
    rules = tags.get("dac.rules", claim.rules)  # a version from before they were kept has none
    if score is not None and alike and (not claim.rules or rules == claim.rules):
        return Candidate(number, score)
    if replace == number:
        return None
    if score is not None and alike:
        raise InputError(
            f"nothing can be promoted: the present candidate, version {number}, was scored by {rules}, and this run by "
            f"{claim.rules}, so nothing says which of the two is better; start the run with replace={number} to "
            "replace it unseen"
        )
    raise InputError(
        f"nothing can be promoted: the present candidate, version {number}, was not scored by {claim.metric} on this "
        "run's held-out rows, so nothing says which of the two is better; give `gate` a suite with a dataset of its "
        f"own, on which every run is scored, or start the run with replace={number} to replace it unseen"
    )


def _score(tags: Mapping[str, str]) -> float | None:
    try:
        return float(tags["dac.value"])
    except (KeyError, ValueError):
        return None


def check_answers(step: int, samples: Mapping[str, int]) -> None:
    """Refuse the scores of a model that was hardly asked: a base model that did not answer is easily beaten.

    Args:
        step: whose they are.
        samples: total and failed, as its scorecard has them.

    Raises:
        InputError: too many of its requests failed.
    """
    failed, total = samples.get("failed", 0), samples["total"]
    if failed > MOST_FAILED * total:
        whose = "the base model" if step == checkpoint.BASE else f"the checkpoint of step {step}"
        raise InputError(
            f"nothing is promoted: {failed:,} of {plural(total, 'request')} to {whose} failed, and at most "
            f"{MOST_FAILED:.0%} may; see the evaluations' logs, and start the run anew"
        )


def check(claim: Claim, scores: Sequence[Score], best: Score, base: Score, present: Candidate | None) -> None:
    """Refuse a checkpoint that does not show what is asked of it.

    Raises:
        InputError: nothing is promoted; says what is missing, and every score.
    """
    if problem := _problem(claim, best, base, present):
        every = ", ".join(f"step {s.step}: {s.value:.4f}" if s.step else f"base: {s.value:.4f}" for s in scores)
        raise InputError(
            f"nothing is promoted: {claim.metric} {best.value:.4f} (95 % {best.low:.4f} to {best.high:.4f}, "
            f"n={best.n}) of the best checkpoint, step {best.step}, {problem}; {every}"
        )


def _problem(claim: Claim, best: Score, base: Score, present: Candidate | None) -> str:
    if best.n < claim.least:
        return f"is of {plural(best.n, 'sample')}, and at least {claim.least} are needed"
    if best.value < claim.threshold:
        return f"misses the threshold {claim.threshold:g} by {claim.threshold - best.value:.4f}"
    if best.low < claim.threshold:
        return (
            f"is not above the threshold {claim.threshold:g} beyond chance; more held-out rows make the interval "
            "narrower"
        )
    if best.value <= base.value:
        return f"does not beat the base model, which scores {base.value:.4f}"
    if best.value - base.value < Z * math.hypot(best.error, base.error):
        return f"is not better beyond chance than the base model, which scores {base.value:.4f}"
    if present is not None and round(best.value, DIGITS) < present.value:  # as the registry keeps it
        return f"is worse than the present candidate, version {present.version}, which scores {present.value:.4f}"
    return ""
