"""How far images/eval's intervals and gate can be trusted, by simulation: the tables of images/eval/README.md.

    "$(images/env.sh eval)/bin/python" tests/bench/eval_simulate.py [--worlds 2000] [--gates 1000]

Coverage: how many of the 95 % intervals hold the truth, beside the usual value +- 1.96 standard errors in the same
worlds. The promise is 93 to 97 % for 200 samples and more and rates from 0.1 to 0.9; what happens outside stands in
lines of their own. False alarms: how often the gate fails a version that is exactly as good, each of five metrics by
itself and all five with Holm's correction (at most 5 %), beside how often it catches one that is a tenth worse.
Ends with 1 where a promise is broken by more than chance explains. About ten minutes of one core.
"""

import argparse
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("images/eval", "images", "images/eval/tests")]

import simulation  # noqa: E402
from evaluation import stats  # noqa: E402
from evaluation.stats import Estimate, Floats  # noqa: E402

RATES = (0.1, 0.3, 0.5, 0.7, 0.9)
QUESTIONS = 1500
PROMISE, ALARMS = (0.93, 0.97), 0.05
MARGIN = 0.001  # the smallest that a decision may ask for: nearly every difference is beyond it
SURE = 2.6  # standard errors of a simulated share that are put down to chance (one of a hundred)


def held(estimates: list[Estimate], truth: float) -> tuple[float, float]:
    """Return which share of the intervals hold the truth, and which share of the usual ones do."""
    ours = np.mean([estimate.low <= truth <= estimate.high for estimate in estimates])
    usual = np.mean([abs(estimate.value - truth) <= stats.Z * estimate.standard_error for estimate in estimates])
    return float(ours), float(usual)


def binary(n: int, rate: float, rng: np.random.Generator) -> Floats:
    return np.repeat([1.0, 0.0], np.array([k := rng.binomial(n, rate), n - k]))[:, None]


def grouped(groups: int, rate: float, rng: np.random.Generator) -> tuple[Floats, list[str]]:
    """Ten answers a document, which rise and fall together."""
    rates = rng.beta(2 * rate, 2 * (1 - rate), groups)
    return rng.binomial(1, np.repeat(rates, 10)).astype(float)[:, None], [
        str(g) for g in range(groups) for _ in range(10)
    ]


def coverage(worlds: int, promised: bool) -> Iterator[tuple[str, str, int, float, list[Estimate]]]:
    """Yield (metric, interval, units, truth, estimates) of the worlds inside the promise, or of those outside."""
    rng = np.random.default_rng(1)
    sizes, rates = ((200, 1000), RATES) if promised else ((20, 50), (0.02, 0.5))
    for n in sizes:
        for rate in rates:
            estimates = [simulation.estimated("exact_match", binary(n, rate, rng)) for _ in range(worlds)]
            yield "exact_match", "Wilson", n, rate, estimates
    for groups in (200,) if promised else (10, 30):
        worlds_of = [grouped(groups, 0.6, rng) for _ in range(worlds)]
        estimates = [simulation.estimated("exact_match", values, names) for values, names in worlds_of]
        yield "exact_match, 10 a group", "Wilson", groups, 0.6, estimates
    for rate in RATES if promised else (0.02, 0.5):
        models = simulation.population(rate, 0.0, QUESTIONS, rng)
        for name in ("token_f1", "macro_f1", "bleu", "chrf"):
            values = models.old[name]
            true = simulation.truth(name, values)
            for n in (200,) if promised else (50,):
                draws = [values[rng.integers(0, QUESTIONS, n)] for _ in range(worlds)]
                yield name, "bootstrap", n, true, [simulation.estimated(name, draw) for draw in draws]


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table as Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, tuple("---" for _ in heads), *rows])


def print_coverage(worlds: int, promised: bool) -> list[str]:
    """Print the table of coverage and return what breaks the promise."""
    rows, broken = [], []
    for name, kind, n, true, estimates in coverage(worlds, promised):
        ours, usual = held(estimates, true)
        slack = SURE * math.sqrt(0.05 * 0.95 / worlds)
        if promised and not PROMISE[0] - slack <= ours <= PROMISE[1] + slack:
            broken.append(f"{name}, {n} units, truth {true:.3f}: {ours:.1%} of the intervals hold it")
        rows.append((name, kind, f"{n:,}", f"{true:.3f}", f"{100 * ours:.1f} %", f"{100 * usual:.1f} %"))
    print(table(("metric", "interval", "units", "truth", "holds it", "1.96 standard errors"), rows))
    return broken


def failing(comparisons: list[dict[str, dict[str, Any]]]) -> float:
    """Return the share of comparisons that the gate fails: one metric is enough."""
    return float(np.mean([any(entry["verdict"] == "fail" for entry in metrics.values()) for metrics in comparisons]))


def print_gate(gates: int) -> list[str]:
    """Print the table of the gate and return what breaks the promise."""
    rng, rows, broken = np.random.default_rng(2), [], []
    names = list(simulation.METRICS)
    for rate, n in ((0.5, 50), (0.1, 200), (0.5, 200), (0.9, 200), (0.5, 1000)):
        alarms, caught = (
            [simulation.compared(models, n, margin, rng) for _ in range(count)]
            for models, margin, count in (
                (simulation.population(rate, 0.0, QUESTIONS, rng), MARGIN, gates),
                (simulation.population(rate, rate / 10, QUESTIONS, rng), MARGIN, max(1, gates // 5)),
            )
        )
        alone = [float(np.mean([metrics[name]["p"] < 0.05 for metrics in alarms])) for name in names]
        family, power = failing(alarms), failing(caught)
        if family > ALARMS + SURE * math.sqrt(ALARMS * (1 - ALARMS) / gates):
            broken.append(f"rate {rate}, {n} samples: {family:.1%} of equal versions fail")
        cells = [f"{100 * share:.1f} %" for share in (*alone, family, power)]
        rows.append((f"{rate:g}", f"{n:,}", *cells))
    print(table(("rate", "samples", *names, "all five, Holm", "a tenth worse is caught"), rows))
    return broken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=2000, help="of each line of the tables of coverage")
    parser.add_argument("--gates", type=int, default=1000, help="of each line of the gate's table")
    options = parser.parse_args()
    began = time.monotonic()
    print(f"95 % intervals of {options.worlds:,} worlds a line: which hold the truth, within the promise\n")
    broken = print_coverage(options.worlds, True)
    print("\nOutside the promise\n")
    print_coverage(options.worlds, False)
    print(f"\nVersions without any true difference that the gate fails, of {options.gates:,} a line\n")
    broken += print_gate(options.gates)
    print(f"\n{time.monotonic() - began:.0f} s", file=sys.stderr)
    sys.exit("\n".join(broken) if broken else 0)


if __name__ == "__main__":
    main()
