"""Two models on the same samples: the difference, its interval, and how sure it is that the new one is worse.

Tests are one-sided (is it worse?). Binary metrics of independent samples: McNemar's exact test. Everything else: the
paired bootstrap over units, studentised, so that its false alarms stay at the level with skewed differences too.
The interval adds two pairs, one better and one worse (Bonett and Price 2012, for binary pairs), so that a handful of
samples without any difference proves nothing.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from evaluation.stats import Floats, Z, bootstrap_sums, by_unit, draw_count

POWER = 0.8


@dataclass(frozen=True, slots=True)
class Difference:
    """New minus baseline.

    Attributes:
        value, baseline: each model's own value.
        difference: value minus baseline.
        standard_error, low, high: of the difference; the 95 % interval.
        p: one-sided p value of "the new one is worse".
        test: which test gave it.
        n: samples.
        units: independent samples, or groups.
        better, worse: samples on which the new one is better, and worse.
    """

    value: float
    baseline: float
    difference: float
    standard_error: float
    low: float
    high: float
    p: float
    test: str
    n: int
    units: int
    better: int
    worse: int


def mcnemar(better: int, worse: int) -> float:
    """Return the exact one-sided p value that so many of the discordant pairs are worse by chance."""
    # The binomial distribution with p = 1/2: scipy.stats has it too, but takes two seconds of each step to import.
    pairs = better + worse
    scale = math.lgamma(pairs + 1) - pairs * math.log(2)
    at_most = (math.exp(scale - math.lgamma(k + 1) - math.lgamma(pairs - k + 1)) for k in range(better + 1))
    return min(1.0, math.fsum(at_most))


def per_sample(
    new: Floats, old: Floats, groups: Sequence[str] | None, binary: bool, rng: np.random.Generator
) -> Difference:
    """Compare a metric that is a mean over samples.

    Args:
        new, old: (samples,), the same samples in the same order.
        groups: each sample's group, or None.
        binary: whether values are 0 or 1.
        rng: the source of chance.
    """
    gaps = new - old
    better, worse = int((gaps > 0).sum()), int((gaps < 0).sum())
    units = by_unit(np.column_stack([gaps, np.ones(len(gaps))]), groups)
    difference = float(gaps.mean())
    if binary and groups is None:
        p, test = mcnemar(better, worse), "mcnemar"
    else:
        p, test = studentised(units, rng), "bootstrap" if groups is None else "clustered bootstrap"
    error = cautious_error(units)
    low, high = difference - Z * error, difference + Z * error
    return Difference(
        float(new.mean()),
        float(old.mean()),
        difference,
        error,
        low,
        high,
        p,
        test,
        len(gaps),
        len(units),
        better,
        worse,
    )


def cautious_error(units: Floats) -> float:
    """Return the standard error of a paired mean from units' (sum, count), two opposite units of mean size added."""
    sums, counts = units[:, 0], units[:, 1]
    size, total = len(units), float(counts.sum())
    typical = total / size
    sums = np.concatenate([sums, [typical, -typical]])
    counts = np.concatenate([counts, [typical, typical]])
    residuals = sums - float(sums.sum()) / float(counts.sum()) * counts
    return float(np.sqrt(float(residuals @ residuals) * (size + 2) / (size + 1)) / float(counts.sum()))


def studentised(units: Floats, rng: np.random.Generator) -> float:
    """Return the bootstrap-t one-sided p value that a paired mean is below zero by chance.

    Args:
        units: (units, 2), sum and count.
        rng: the source of chance.
    """
    sums, counts = units[:, 0], units[:, 1]
    moments = np.column_stack([sums, counts, sums**2, sums * counts, counts**2])
    observed = moments.sum(axis=0)
    difference, error = _mean_and_error(observed[None, :], len(units))
    if error[0] == 0:
        return 1.0 if difference[0] >= 0 else 1 / (len(units) + 1)
    drawn, errors = _mean_and_error(bootstrap_sums(moments, rng), len(units))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (drawn - difference[0]) / errors  # a draw without spread: infinite, or NaN where it equals the mean
    t = np.where(np.isnan(t), 0.0, t)
    return float((1 + np.sum(t <= difference[0] / error[0])) / (1 + len(t)))


def _mean_and_error(moments: Floats, size: int) -> tuple[Floats, Floats]:
    sums, counts, squares, cross, count_squares = moments.T
    mean = sums / counts
    spread = np.maximum(squares - 2 * mean * cross + mean**2 * count_squares, 0.0)
    spread[spread < 1e-12 * np.maximum(squares, 1e-300)] = 0.0
    return mean, np.sqrt(spread * size / max(1, size - 1)) / counts


def of_corpus(
    new: Floats,
    old: Floats,
    value_of: Callable[[Floats], Floats],
    groups: Sequence[str] | None,
    rng: np.random.Generator,
) -> Difference:
    """Compare a metric of the whole corpus; new and old are (samples, k) counts of the same samples in order."""
    width = new.shape[1]
    units = by_unit(np.hstack([new, old]), groups)
    total = units.sum(axis=0, keepdims=True)
    value, baseline = float(value_of(total[:, :width])[0]), float(value_of(total[:, width:])[0])
    sums = bootstrap_sums(units, rng, draw_count(len(units)))
    drawn = value_of(sums[:, :width]) - value_of(sums[:, width:])
    difference = value - baseline
    p = float((1 + np.sum(drawn - drawn.mean() <= difference)) / (1 + len(drawn)))
    error = max(float(drawn.std(ddof=1)), 1 / (len(units) + 2))
    gaps = value_of(new) - value_of(old)
    better, worse = int((gaps > 0).sum()), int((gaps < 0).sum())
    low, high = difference - Z * error, difference + Z * error
    return Difference(
        value, baseline, difference, error, low, high, p, "corpus bootstrap", len(new), len(units), better, worse
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p values, in the order given."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def detectable(units: int, metrics: int, alpha: float, disagreement: float = 0.2) -> float:
    """Return the smallest true drop that the gate catches four times out of five.

    Args:
        units: independent samples, or groups.
        metrics: how many metrics share the level (Holm's first step).
        alpha: the family's level.
        disagreement: the share of samples on which two versions of a model differ; its root is the spread of a
            paired difference between 0/1 values. A fifth is what neighbouring versions of a model show.
    """
    z = NormalDist().inv_cdf(1 - alpha / metrics) + NormalDist().inv_cdf(POWER)
    return z * math.sqrt(disagreement / units)
