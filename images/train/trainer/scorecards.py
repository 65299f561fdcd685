"""The evaluations of a run's checkpoints: what the eval programs read and write in <run>/evals/<step>/.

The contract of scorecard.json is images/eval's (version 1); this module reads its `metrics.<name>` and nothing else.
"""

from dataclasses import dataclass
from typing import Any

from runtime import contract, objects, settings
from runtime.errors import InputError


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one checkpoint.

    Attributes:
        step: the checkpoint's.
        value: the metric.
        low, high: ends of its 95 % interval.
        n: samples.
        error: the standard error.
    """

    step: int
    value: float
    low: float
    high: float
    n: int
    error: float


def root(run: settings.Run, step: int) -> str:
    """Return the address of a checkpoint's evaluation."""
    return f"{run.root}/evals/{step}"


def prepare(run: settings.Run, step: int) -> None:
    """Copy the run's suite to where the eval programs read it.

    Raises:
        InputError: the dataset has no held-out rows with an answer, so nothing can be scored.
    """
    if not objects.exists(f"{run.root}/suite/dataset.json"):
        raise InputError("the held-out rows are plain text, so no answer can be scored; give rows with an answer")
    objects.write(f"{root(run, step)}/shards/0.jsonl", objects.read(f"{run.root}/suite/shards/0.jsonl"))
    objects.write(f"{root(run, step)}/dataset.json", objects.read(f"{run.root}/suite/dataset.json"))


def read(run: settings.Run) -> dict[int, dict[str, Any]]:
    """Return every scorecard of the run by its checkpoint's step, in order.

    Raises:
        InputError: a file is not a scorecard, or one of another version.
    """
    cards = {}
    for name in objects.folders(f"{run.root}/evals"):
        place = f"{run.root}/evals/{name}/scorecard.json"
        if name.isdigit() and objects.exists(place):
            cards[int(name)] = contract.read("scorecard", place)
    return dict(sorted(cards.items()))


def scores(cards: dict[int, dict[str, Any]], metric: str) -> list[Score]:
    """Return a metric of each scorecard, by step.

    Raises:
        InputError: a scorecard lacks the metric; names those it has.
    """
    values = []
    for step, card in cards.items():
        if metric not in card["metrics"]:
            available = ", ".join(sorted(card["metrics"]))
            raise InputError(f"the scorecard of step {step} has no metric {metric!r}; it has {available}")
        facts = card["metrics"][metric]
        values.append(Score(step, facts["value"], facts["low"], facts["high"], facts["n"], facts["standard_error"]))
    return values
