"""What the eval programs leave of each checkpoint: <run>/evals/<step>/scorecard.json, and what they need to begin.

The scorecard's contract is images/eval's (version 1); of it this module reads `metrics.<name>` and nothing else.
"""

from dataclasses import dataclass
from typing import Any

from runtime import objects, settings
from runtime.errors import InputError

VERSION = 1


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one checkpoint: its value with the ends of its interval, over n samples."""

    step: int
    value: float
    low: float
    high: float
    n: int


def root(run: settings.Run, step: int) -> str:
    """Returns where a checkpoint's evaluation lies."""
    return f"{run.root}/evals/{step}"


def ready(run: settings.Run, step: int) -> None:
    """Copies the run's suite to where the eval programs look for it.

    Raises:
        InputError: the dataset has no held-out rows with an answer, so nothing can be scored.
    """
    if not objects.exists(f"{run.root}/suite/dataset.json"):
        raise InputError("the held-out rows are plain text, so no answer can be scored; give rows with an answer")
    objects.write(f"{root(run, step)}/shards/0.jsonl", objects.read(f"{run.root}/suite/shards/0.jsonl"))
    objects.write(f"{root(run, step)}/dataset.json", objects.read(f"{run.root}/suite/dataset.json"))


def read(run: settings.Run) -> dict[int, dict[str, Any]]:
    """Returns every scorecard of the run by its checkpoint's step.

    Raises:
        InputError: one has another version.
    """
    found = {}
    for name in objects.folders(f"{run.root}/evals"):
        place = f"{run.root}/evals/{name}/scorecard.json"
        if name.isdigit() and objects.exists(place):
            card = objects.read_json(place)
            if card.get("version") != VERSION:
                raise InputError(f"{place}: version {card.get('version')!r}; this program reads {VERSION}")
            found[int(name)] = card
    return dict(sorted(found.items()))


def scores(cards: dict[int, dict[str, Any]], metric: str) -> list[Score]:
    """Returns a metric of each scorecard, by step.

    Raises:
        InputError: a scorecard lacks the metric; says which it has.
    """
    found = []
    for step, card in cards.items():
        if metric not in card["metrics"]:
            has = ", ".join(sorted(card["metrics"]))
            raise InputError(f"the scorecard of step {step} has no metric {metric!r}; it has {has}")
        facts = card["metrics"][metric]
        found.append(Score(step, facts["value"], facts["low"], facts["high"], facts["n"]))
    return found
