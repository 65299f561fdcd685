"""How far a judge model agrees with people: the marks in the dataset, and whether its grades may decide.

A mark says of one answer to a sample's question whether a person accepts it. The judge model grades the same answer,
and agrees where its grade stands on the same side of the middle. It is calibrated where the whole 95 % interval of its
agreement lies above LEAST, and above what one grade for every answer would agree with. In a suite whose model answers
from an index the judge model decides nothing before that.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from evaluation import contexts, metrics, stats

LEAST = 0.7
MIDDLE = 0.5
Mark = tuple[str, bool]  # the sample's id, and whether a person accepts the answer


def of(marks: Sequence[Mark], grades: Sequence[float | None]) -> dict[str, Any]:
    """Return how far grades agree with marks, as ratings.jsonl has it.

    Args:
        marks: what people said, in order.
        grades: the judge model's of the same answers, 0 to 1; None where it gave none, which agrees with nobody.
    """
    pairs = zip(marks, grades, strict=True)
    agreed = [grade is not None and grade != MIDDLE and (grade > MIDDLE) == accepted for (_, accepted), grade in pairs]
    samples = [sample for sample, _ in marks]
    groups = samples if len(set(samples)) < len(samples) else None  # marks of one question are not independent
    estimate = stats.rate(np.array(agreed, dtype=np.float64), groups)
    share = sum(accepted for _, accepted in marks) / len(marks)
    least = max(LEAST, share, 1 - share)
    return {
        "marks": len(marks), "agreed": sum(agreed), "agreement": estimate.value, "low": estimate.low,
        "high": estimate.high, "least": least, "calibrated": estimate.low > least,
    }  # fmt: skip


def stated(calibration: dict[str, Any] | None) -> str:
    """Return how far a judge model agrees with the dataset's marks, in words."""
    if not calibration:
        return "the dataset has no marks that the judge model could be held to"
    ends = f"95 % interval {calibration['low']:.2f} to {calibration['high']:.2f}"
    text = f"the judge model agrees with {calibration['agreed']:,} of {calibration['marks']:,} marks ({ends})"
    if calibration["calibrated"]:
        return text
    if calibration["least"] == 1:
        return f"{text}, which are all of one kind: mark right and wrong answers"
    return f"{text}, which must lie above {calibration['least']:.2f}"


def foretold(samples: Sequence[dict[str, Any]], judged: Sequence[str], mode: str) -> str:
    """Return why the judge model will decide nothing, before it is asked; empty where it may.

    Args:
        samples: of the dataset.
        judged: the metrics whose values it gives.
        mode: the judge model's.
    """
    if not judged or not contexts.answers_from_index():
        return ""
    if mode != "pairwise" and any("marks" in sample for sample in samples):
        return ""
    why = "marks are of single answers" if mode == "pairwise" else stated(None)
    return f"{', '.join(judged)} will be shown and decide nothing: {why}"


def advisory(card: dict[str, Any]) -> dict[str, str]:
    """Return, by metric of a scorecard that decides nothing, why: the judge model's, until it is calibrated."""
    if "corpus" not in card:
        return {}
    rated = {name: entry.get("extra", {}) for name, entry in card["metrics"].items() if metrics.is_judged(name)}
    return {
        name: stated(extra.get("calibration"))
        for name, extra in rated.items()
        if not (extra.get("calibration") or {}).get("calibrated")
    }
