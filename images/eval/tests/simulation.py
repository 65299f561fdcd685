"""Worlds whose truth is known, for the tests and for tests/bench/eval_simulate.py.

Two versions of a model answer the same questions; the answers are scored by the real metrics. A world is a draw of
questions from that population, so that the truth is the population's own value. Intervals are those of score, verdicts
those of compare: the very functions that a run calls.
"""

from array import array
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import score
from evaluation import differences, metrics
from evaluation.stats import Estimate, Floats
from evaluation.tally import Tally

WORDS = [f"{a}{b}{c}" for a in ("ka", "lo", "mi", "nu") for b in ("pe", "ro", "sa", "ti") for c in ("", "n", "st")]
CHOICES = ["yes", "no", "not told"]
TEXTUAL = ("exact_match", "token_f1", "bleu", "chrf")
METRICS = metrics.chosen([*TEXTUAL, "macro_f1"])


@dataclass(frozen=True, slots=True)
class Population:
    """What both versions' answers to each question score.

    Attributes:
        old, new: by metric, (questions, k): a score (k = 1), or the counts of a metric of the corpus.
        equal: whether the versions are equally good; which is which is then tossed for each question of a world.
    """

    old: dict[str, Floats]
    new: dict[str, Floats]
    equal: bool


def population(rate: float, drop: float, questions: int, rng: np.random.Generator) -> Population:
    """Returns a population in which an answer is right with chance `rate`, which the new version misses by `drop`.

    Questions differ in difficulty. A wrong answer in words has some right words; a wrong choice is another one.
    """
    old: dict[str, list[list[float]]] = {name: [] for name in METRICS}
    new: dict[str, list[list[float]]] = {name: [] for name in METRICS}
    for chance in rng.beta(2 * rate, 2 * (1 - rate), questions):
        words = list(rng.choice(WORDS, rng.integers(3, 12)))
        text, choice = {"references": [" ".join(words)]}, {"id": "q", "references": [str(rng.choice(CHOICES))]}
        for version, share in ((old, chance), (new, chance * (1 - drop / rate))):
            answer = _text(words, share, rng)
            for name in TEXTUAL:
                version[name].append(_scored(name, answer, text))
            chosen = choice["references"][0] if rng.random() < share else str(rng.choice(CHOICES))
            version["macro_f1"].append(_scored("macro_f1", chosen, choice | {"choices": CHOICES}))
    arrays = [{name: np.array(rows) for name, rows in version.items()} for version in (old, new)]
    return Population(arrays[0], arrays[1], drop == 0)


def _text(words: list[str], share: float, rng: np.random.Generator) -> str:
    if rng.random() < share:
        return " ".join(words)
    return " ".join(str(rng.choice(WORDS)) if rng.random() > share else word for word in words)


def _scored(name: str, answer: str, sample: dict[str, Any]) -> list[float]:
    metric = METRICS[name]
    if metric.counts is not None:
        return metric.counts(answer, sample)
    assert metric.score is not None
    return [metric.score(answer, sample)]


def truth(name: str, values: Floats) -> float:
    """Returns a metric's value over a whole population."""
    metric = METRICS[name]
    return float(values.mean() if metric.value is None else metric.value(values.sum(axis=0, keepdims=True))[0])


def estimated(name: str, values: Floats, groups: list[str] | None = None) -> Estimate:
    """Returns a world's estimate of a metric, as the scorecard has it; values are (samples, k)."""
    metric = metrics.METRICS[name]
    tally = Tally({name: metric})
    tally.scores[name] = array("d", values.ravel())
    tally.width[name] = values.shape[1]
    tally.groups[name] = groups or []
    estimate = score.estimate(name, metric, tally)
    return Estimate(*(estimate[field] for field in ("value", "standard_error", "low", "high", "n")))


def compared(truth: Population, n: int, margin: float, rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    """Returns the comparison of the versions on a world of n questions, by metric, as comparison.json has it."""
    picked = rng.integers(0, len(truth.old["bleu"]), n)
    swap = (rng.random((n, 1)) < 0.5) & truth.equal
    new, old = {}, {}
    for name in METRICS:
        new_scores, old_scores = truth.new[name][picked], truth.old[name][picked]
        new[name], old[name] = np.where(swap, old_scores, new_scores), np.where(swap, new_scores, old_scores)
    tables = _table(new), _table(old)
    gaps = {("old", name): differences.difference(name, metric, *tables) for name, metric in METRICS.items()}
    return {name: entry for (_, name), entry in differences.decide_all(gaps, margin).items()}


def _table(values: dict[str, Floats]) -> pa.Table:
    n = len(values["bleu"])
    columns: dict[str, Any] = {"id": pa.array(range(n)), "group": pa.nulls(n, pa.string())}
    for name, metric in METRICS.items():
        if metric.kind == "corpus":
            columns[f"counts.{name}"] = pa.array(list(values[name]))
        else:
            columns[f"score.{name}"] = pa.array(values[name][:, 0])
    return pa.table(columns)
