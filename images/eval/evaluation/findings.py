"""What keeps a run from passing beside its scores: answers that are missing, and who gave the answers and the grades.

A finding of severity `error` makes a verdict that would be pass inconclusive; a warning or a note is shown. None of
them passes or fails a model: they say that its scores do not mean what they seem to mean.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from runtime.words import plural

from evaluation import calibration
from evaluation.ratings import MOST_UNJUDGED

MOST_FAILED = 0.05  # share of answers that failed or are empty
MOST_BIAS = 0.25  # of a judge model to the first place: above that it wins three times out of four
LEAST_AGREEMENT = 0.5  # of a judge model's two orders
MOST_SPREAD = 0.2  # of a judge model's grades of one answer, 0 to 1
LEAST_ALIKE = 20  # different answers with one grade, neither the best nor the worst: nothing tells them apart then
Finding = dict[str, str]


def _finding(code: str, message: str, severity: str = "error") -> Finding:
    return {"code": code, "severity": severity, "message": message}


def of_run(card: dict[str, Any], most_failed: float) -> list[Finding]:
    """Return what a scorecard shows beside its scores.

    Args:
        card: the run's scorecard.
        most_failed: largest share of failed and empty answers.
    """
    advisory = calibration.advisory(card)
    rated = [{**each, "severity": "warning"} if advisory else each for each in _judged(card)]
    return [
        *_answers(card["samples"], most_failed),
        *_served(card.get("served", [])),
        *rated,
        *_calibrated(card, advisory),
    ]


def errors(findings: list[Finding]) -> list[Finding]:
    """Return those that keep a run from passing."""
    return [finding for finding in findings if finding["severity"] == "error"]


def _answers(samples: dict[str, int], most_failed: float) -> Iterator[Finding]:
    total, missing = samples["total"], samples["failed"] + samples["empty"]
    if missing > most_failed * total:
        yield _finding(
            "answers_missing",
            f"{missing:,} of {plural(total, 'answer')} failed or empty ({missing / total:.1%}); "
            f"at most {most_failed:.1%} may be",
        )
    if cut := samples.get("cut", 0):
        yield _finding(
            "answers_cut",
            f"{cut:,} of {plural(total, 'answer')} cut at the longest length ({cut / total:.1%}): raise max_tokens",
            "warning",
        )


def _served(served: list[dict[str, Any]]) -> Iterator[Finding]:
    models, prints = _models(each["model"] for each in served), {each["fingerprint"] or "none" for each in served}
    if len(models) > 1:
        yield _finding("model_changed", f"the endpoint answered as {' and as '.join(models)} in one run")
    elif len(prints) > 1:
        several = ", ".join(sorted(prints))
        yield _finding("fingerprint_changed", f"the answers have several fingerprints: {several}", "warning")


def _models(names: Iterable[str]) -> list[str]:
    """Return the models that replies name: some replies name none, and gateways differ in a name's case."""
    return sorted({name.casefold(): name for name in sorted(names, reverse=True) if name}.values())


def _calibrated(card: dict[str, Any], advisory: dict[str, str]) -> Iterator[Finding]:
    for name, why in advisory.items():
        yield _finding("judge_advisory", f"{name} is shown and decides nothing: {why}", "warning")
    rated = next((entry["extra"] for entry in card["metrics"].values() if "extra" in entry), {})
    if rated.get("calibration") and not advisory:
        yield _finding("judge_agreement", calibration.stated(rated["calibration"]), "note")


def _judged(card: dict[str, Any]) -> Iterator[Finding]:
    rated = next((entry["extra"] for entry in card["metrics"].values() if "extra" in entry), None)
    if not rated:
        return
    unjudged, answered = card["samples"].get("unjudged", 0), card["samples"]["answered"]
    if unjudged > MOST_UNJUDGED * answered:
        cut = f", {rated['cut']:,} of its replies cut" if rated.get("cut") else ""
        yield _finding(
            "judge_silent",
            f"the judge model rated {answered - unjudged:,} of {plural(answered, 'answer')}{cut}; "
            f"at most {MOST_UNJUDGED:.0%} may lack a rating",
        )
    elif (lost := rated.get("unread", 0)) > MOST_UNJUDGED * rated.get("replies", math.inf):
        yield _finding(
            "judge_silent",
            f"{lost:,} of the judge model's {rated['replies']:,} replies hold no rating, {rated.get('cut', 0):,} of "
            f"them cut; at most {MOST_UNJUDGED:.0%} may",
        )
    if rated.get("grades") == 1 and rated["answers"] >= LEAST_ALIKE:
        yield _finding("judge_constant", f"the judge model gave {rated['answers']:,} different answers the same grade")
    bias, agreement, spread = (rated.get(name) for name in ("order_bias", "agreement", "spread"))
    if bias is not None and abs(bias) > MOST_BIAS:
        place = "first" if bias > 0 else "second"
        yield _finding(
            "judge_biased", f"the judge model prefers the {place} place in {0.5 + abs(bias):.0%} of its votes"
        )
    elif bias is not None and agreement is not None and agreement < LEAST_AGREEMENT:
        yield _finding(
            "judge_inconsistent", f"the judge model contradicts itself on {1 - agreement:.0%} of the answers"
        )
    elif bias is None and spread is not None and spread > MOST_SPREAD:
        yield _finding("judge_inconsistent", f"the judge model's grades of one answer are {spread:.2f} apart (0 to 1)")
    served = rated.get("served", [])
    models = _models(each.partition(" ")[0] for each in served)
    if len(models) > 1:
        yield _finding("judge_changed", f"the judge model answered as {' and as '.join(models)} in one run")
    elif len(served) > 1:  # of the server's machines: not another judge model
        named = " and ".join(served)
        yield _finding("judge_fingerprint", f"the judge model's replies have several fingerprints: {named}", "warning")
