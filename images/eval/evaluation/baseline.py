"""The runs that a run is compared with: the last that passed, and the best one.

Both are copies under <artifacts>/<project>/<pipeline>/baselines/, since a run's own files expire. The best one stays
where a run passes that is not at least as good in every metric: small drops, each within the margin of the last, must
not add up.
"""

import datetime
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runtime import objects
from runtime.settings import Run
from runtime.words import plural

from evaluation import judge_model, scorecard
from evaluation.metrics import METRICS, Metric

LAST = "last-pass"
REMEDY = "to replace it, start a run by hand with accept=VERSION"
MAX_AGE_DAYS = 90.0


def name() -> str:
    """Return the name of the last run that passed, which the suite decides."""
    return os.environ.get("BASELINE") or LAST


def folder(run: Run, named: str) -> str:
    """Return where a baseline's scorecard.json and samples.parquet lie."""
    return f"{run.home}/baselines/{named}"


def best_folder(run: Run, named: str) -> str:
    """Return where the best baseline beside `named` lies."""
    return folder(run, f"{named}.best")


def read(place: str) -> dict[str, Any] | None:
    """Return a baseline's scorecard, or None where there is none."""
    return scorecard.read(place) if objects.exists(scorecard.address(place)) else None


def judge_models(card: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return, by metric, the models that rated a scorecard's answers, as their replies say.

    Pairwise is left out: there the same judge model sees both runs' answers.
    """
    held = {name: entry for name, entry in card["metrics"].items() if METRICS[name].fixed is None}
    rated = {name: entry.get("extra", {}).get("served", []) for name, entry in held.items()}
    # A fingerprint follows the model's name: it changes with the server's machines, and does not make another judge.
    return {name: sorted({each.partition(" ")[0] for each in served}) for name, served in rated.items() if served}


def copy(source: str, target: str) -> None:
    """Make a run, or another baseline, a baseline; the scorecard comes last, since a baseline exists by it."""
    for of in (scorecard.samples_address, scorecard.address):
        objects.write(of(target), objects.read(of(source)))


def complete(target: str, source: str) -> None:
    """Add to a baseline those metrics of a run that it lacks, so that each metric has a fixed point from then on.

    Args:
        target: the baseline's folder; nothing is done where there is none, or it is of other samples.
        source: the run's.
    """
    if (base := read(target)) is None:
        return
    card = scorecard.read(source)
    rules = {name: entry["signature"] for name, entry in card["metrics"].items()}
    lacks = fitness(base, target, card["dataset"], rules, float("inf"), judge_models(card), card.get("corpus"))
    if lacks.unfit or not lacks.new:
        return
    scorecard.add_columns(target, source, lacks.new)
    added = {name: card["metrics"][name] for name in lacks.new}
    scorecard.write(target, {**base, "metrics": base["metrics"] | added})


def signatures(wanted: Mapping[str, Metric], judge: Mapping[str, Any]) -> dict[str, str]:
    """Return the rules of each metric, as the scorecard has them.

    Args:
        wanted: the metrics by name.
        judge: the judge model's facts.
    """
    return {
        name: metric.signature + (f"|{judge_model.signature(dict(judge))}" if metric.reads == "judge" else "")
        for name, metric in wanted.items()
    }


def other_corpus(base: Mapping[str, Any], corpus: str | None) -> str:
    """Return why a run's answers are from other documents than a baseline's; empty where they are from the same.

    Args:
        base: the baseline's scorecard.
        corpus: the version of the index that the run's model answers from; None without one.
    """
    if not corpus or base.get("corpus") == corpus:
        return ""
    theirs = f"from {base['corpus']}" if "corpus" in base else "from no index"
    return f"its answers are {theirs}, but this run's from {corpus}: a difference says nothing of the model"


@dataclass(frozen=True, slots=True)
class Fitness:
    """How far a run can be compared with a baseline.

    Attributes:
        unfit: why it cannot be at all; empty where it can.
        new: why a metric cannot be, by its name.
    """

    unfit: str = ""
    new: dict[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Why something cannot be compared; empty where everything can."""
        return self.unfit or "; ".join(self.new.values())


def fitness(
    base: dict[str, Any] | None,
    named: str,
    dataset: Mapping[str, Any],
    rules: Mapping[str, str],
    max_age_days: float,
    judges: Mapping[str, list[str]] | None = None,
    corpus: str | None = None,
) -> Fitness:
    """Return how far a run can be compared with a baseline.

    Args:
        base: the baseline's scorecard, or None.
        named: the baseline's name.
        dataset: name and sha256 of the run's.
        rules: each metric's signature in the run.
        max_age_days: the oldest that a baseline may be.
        judges: by metric, the models that rated the run's answers; left out before they have.
        corpus: the version of the index that the run's model answered from; None before it was asked, and without one.
    """
    if base is None:
        return Fitness(f"no baseline {named!r} yet")
    title, theirs = f"baseline {named!r} (run {base['run']})", base["dataset"]
    if dataset["sha256"] != theirs["sha256"]:  # the same bytes are the same questions, whatever their name is
        return Fitness(
            f"{title}: scored on {theirs['name']} (sha256 {theirs['sha256'][:12]}), "
            f"but this run on {dataset['name']} (sha256 {dataset['sha256'][:12]})"
        )
    if why := other_corpus(base, corpus):
        return Fitness(f"{title}: {why}")
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(base["created"])
    if age.total_seconds() > max_age_days * 86400:
        return Fitness(f"{title}: {plural(age.days, 'day')} old; at most {max_age_days:g} are allowed")
    new = {}
    for metric, signature in rules.items():
        if metric not in base["metrics"]:
            new[metric] = f"{title}: has no {metric}"
        elif (other := base["metrics"][metric]["signature"]) != signature:
            new[metric] = f"{title}: {metric} was computed by {other}, but now by {signature}"
        elif (then := judge_models(base).get(metric)) and (now := (judges or {}).get(metric)) and then != now:
            new[metric] = (
                f"{title}: {metric} was rated by {' and '.join(then)}, but now by {' and '.join(now)}, which the judge "
                "model's address serves"
            )
    return Fitness(new=new)
