"""What the suite decides of its gate, from the environment."""

import math
import os
from dataclasses import dataclass

from runtime import settings
from runtime.errors import InputError

from evaluation import baseline, findings


@dataclass(frozen=True, slots=True)
class Gate:
    """What a run's scores are held against.

    Attributes:
        baseline: the name under which the last run that passed is kept.
        margin: the drop that counts as a regression.
        floors: by metric, the smallest value that may pass, whatever the baseline has.
        most_failed: largest share of failed and empty answers, 0 to 1.
        max_age_days: the oldest that a baseline may be.
        accept: the version that whoever started the run accepts by hand; empty where the baseline decides.
    """

    baseline: str
    margin: float
    floors: dict[str, float]
    most_failed: float
    max_age_days: float
    accept: str


def read(metrics: list[str]) -> Gate:
    """Return the gate from BASELINE, MARGIN, FLOORS (NAME=VALUE, by commas), MOST_FAILED, MAX_AGE_DAYS and ACCEPT.

    Args:
        metrics: the suite's, which floors may name.

    Raises:
        InputError: a value is not a number, or a floor is of another metric.
    """
    floors = {}
    for pair in settings.names("FLOORS"):
        name, _, value = pair.partition("=")
        if name not in metrics:
            raise InputError(f"FLOORS: {name!r} is not a metric of this suite; it has {', '.join(metrics)}")
        floors[name] = _number("FLOORS", value)
    return Gate(
        baseline=baseline.name(),
        margin=_number("MARGIN", os.environ.get("MARGIN", "")),
        floors=floors,
        most_failed=settings.number("MOST_FAILED", findings.MOST_FAILED),
        max_age_days=settings.number("MAX_AGE_DAYS", baseline.MAX_AGE_DAYS),
        accept=os.environ.get("ACCEPT", ""),
    )


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):  # nothing is below a floor that is not a number
        raise InputError(f"{name}: {text!r} is not a number; write one such as 0.02")
    return value
