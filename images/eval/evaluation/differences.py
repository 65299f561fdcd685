"""A run against a baseline, metric by metric: the samples that both have, the difference, and what it decides."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from runtime.errors import InputError

from evaluation import paired, scorecard, verdict
from evaluation.metrics import Metric
from evaluation.stats import Floats

SEED = 20_26
Key = tuple[str, str]  # a baseline's folder, and a metric


def of_baselines(root: str, compared: Mapping[str, Mapping[str, Metric]], margin: float) -> dict[Key, dict[str, Any]]:
    """Return the entries of comparison.json, by baseline and metric.

    Args:
        root: the run's folder.
        compared: by a baseline's folder, the metrics that are compared with it.
        margin: the drop that counts as a regression.

    Raises:
        InputError: no sample has a value in both runs.
    """
    names = {name for wanted in compared.values() for name in wanted}
    columns = ["id", "group", *(f"{kind}.{name}" for kind in ("counts", "score") for name in sorted(names))]
    new = scorecard.read_samples(root, columns)
    differences: dict[Key, paired.Difference] = {}
    for folder, wanted in compared.items():
        old = scorecard.read_samples(folder, columns)
        differences |= {(folder, name): difference(name, metric, new, old) for name, metric in wanted.items()}
    return decide_all(differences, margin)


def aligned(new: pa.Table, old: pa.Table, column: str) -> tuple[list[Any], list[Any], list[str] | None]:
    """Return a column of both tables for the samples that have it in both, in order, and their groups (or None)."""
    theirs = dict(zip(old["id"].to_pylist(), old[column].to_pylist(), strict=True))
    kept = [
        (value, other, group)
        for key, value, group in zip(
            new["id"].to_pylist(), new[column].to_pylist(), new["group"].to_pylist(), strict=True
        )
        if value is not None and (other := theirs.get(key)) is not None
    ]
    groups = [group for _, _, group in kept]
    clustered = bool(groups) and groups[0] is not None
    return [value for value, _, _ in kept], [other for _, other, _ in kept], groups if clustered else None


def difference(name: str, metric: Metric, new: pa.Table, old: pa.Table) -> paired.Difference:
    """Return one metric's difference.

    Raises:
        InputError: no sample has a value in both runs.
    """
    column = f"counts.{name}" if metric.kind == "corpus" else f"score.{name}"
    ours, theirs, groups = aligned(new, old, column)
    if not ours:
        raise InputError(f"{name}: no sample has a value in both runs")
    rng = np.random.default_rng(SEED)
    first: Floats = np.array(ours, dtype=np.float64)
    second: Floats = np.array(theirs, dtype=np.float64) if metric.fixed is None else np.full(len(ours), metric.fixed)
    if metric.value is not None:
        return paired.of_corpus(first, second, metric.value, groups, rng)
    return paired.per_sample(first, second, groups, metric.kind == "binary", rng)


def decide_all(differences: dict[Key, paired.Difference], margin: float) -> dict[Key, dict[str, Any]]:
    """Return the entry of each metric in comparison.json; all of them share the level of one family of tests."""
    adjusted = paired.holm([each.p for each in differences.values()])
    entries: dict[Key, dict[str, Any]] = {}
    for (name, each), p in zip(differences.items(), adjusted, strict=True):
        decision = verdict.decide(each, p, margin, len(differences))
        entries[name] = {
            "value": each.value, "baseline": each.baseline, "difference": each.difference,
            "standard_error": each.standard_error, "low": each.low, "high": each.high, "n": each.n,
            "p": each.p, "p_adjusted": p, "test": each.test, "better": each.better, "worse": each.worse,
            "verdict": decision.verdict, "more": decision.more,
        }  # fmt: skip
    return entries
