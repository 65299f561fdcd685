"""How much of the pods' time is useful with the shards that discover chooses, by simulation, beside former constants.

    python3 tests/bench/shards.py [--seeds 5]

Pods are drawn one by one: starting takes 20 to 60 s, documents take a lognormal share of the mean, a node goes once in
twenty hours of a pod, and a lost shard starts again from nothing; a lane takes its shards one after another. Documents
take what the standard's figures let expect, or a quarter, or four times that, which discover does not know; or it knows
it from a receipt. Beside it, in the same draws: the constants that sizes had. A ratio above 1 is in our favour. Ends
with 1 where less than 90 % of the pods' time is useful though discover knows what a document takes. Where its guess is
four times off, in a first run, no shard serves both ways: deadlines come first.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "images/rag")]

FIGURES = {"start": 60, "interruptions": 0.05, "shards": 1000, "point": (0.02, 1), "point_on_gpu": (0.00005, 0.1),
           "document_points": (1, 150)}  # fmt: skip
# A size's GPUs and lanes, its pods' deadline, and what it had before: shards, and documents of a shard.
SIZES = {"small": (0, 2, 3600, 4, 256), "medium": (1, 4, 7200, 32, 2048), "large": (1, 16, 14400, 512, 20_000)}
CASES = (("small", 10_000), ("medium", 100_000), ("medium", 1_000_000), ("large", 10_000_000), ("large", 100_000_000))
TRUTHS = (
    ("as expected", 1, False),
    ("a quarter", 0.25, False),
    ("four times it", 4, False),
    ("a quarter, by a receipt", 0.25, True),
    ("four times, by a receipt", 4, True),
)
SPREAD = 1.0  # of the logarithm of a document's time
FLOOR = 0.9
TRIES = 5


@dataclass
class Outcome:
    """Seconds of pods, those of them that documents took, when the last lane ended, and whether every shard did."""

    pods: float
    useful: float
    wall: float
    whole: bool


def simulated(documents: int, shards: int, truth: Any, seed: int) -> Outcome:
    """Run the lanes of one run."""
    drawn, outcome, lanes = random.Random(f"{seed} {documents}"), Outcome(0.0, 0.0, 0.0, True), []
    for lane in _lanes(shards, truth.lanes):
        took = 0.0
        for _ in range(lane):
            took += _shard(documents / shards, truth, drawn, outcome)
        lanes.append(took)
    outcome.pods, outcome.wall = sum(lanes), max(lanes)
    return outcome


def _lanes(shards: int, most: int) -> Iterator[int]:
    lanes = min(shards, most)
    for lane in range(lanes):
        yield (lane + 1) * shards // lanes - lane * shards // lanes


def _shard(documents: float, truth: Any, drawn: random.Random, outcome: Outcome) -> float:
    """Return what the pods of a shard take, the lost ones too; count in `outcome` what of it is useful."""
    # The sum of many lognormal times is near normal about its mean, with a deviation that shrinks with their number.
    deviation = math.sqrt(math.expm1(SPREAD**2) / max(1.0, documents))
    work = documents * truth.document * max(0.2, drawn.gauss(1, deviation))
    total = 0.0
    for _ in range(TRIES):
        length = drawn.uniform(20, 60) + work
        lost = drawn.expovariate(truth.interruptions / 3600)
        total += min(length, lost, truth.deadline)
        if length <= lost and length <= truth.deadline:
            outcome.useful += work
            return total
    outcome.whole = False
    return total


def main(seeds: int) -> int:
    """Print a line for each size, number of documents and truth; return 1 where too little is useful."""
    from index import sharding

    low = []
    print(f"{'size':<7}{'documents':>12}  {'a document takes':<26}{'shards':>7}{'useful':>8}"
          f"{'before':>8}{'useful':>8}{'pod time':>10}{'wall':>7}")  # fmt: skip
    for size, documents in CASES:
        gpus, lanes, deadline, former_shards, former_documents = SIZES[size]
        expected = sharding.costs(FIGURES, gpus, lanes, deadline, None)
        before = min(former_shards, -(-documents // former_documents))
        for words, factor, by_receipt in TRUTHS:
            truth = replace(expected, document=expected.document * factor)
            earlier = (truth.document * 1e6, 1_000_000) if by_receipt else None
            ours = sharding.number(documents, sharding.costs(FIGURES, gpus, lanes, deadline, earlier))
            new, old = (_mean(documents, shards, truth, seeds) for shards in (ours, before))
            share = new.useful / new.pods
            ratios = (
                f"{old.pods / new.pods:>10.2f}{old.wall / new.wall:>7.2f}" if old.whole else f"{'fails':>10}{'':>7}"
            )
            note = "" if new.whole else "  a shard lost all its tries"
            print(f"{size:<7}{documents:>12,}  {words:<26}{ours:>7}{share:>8.1%}"
                  f"{before:>8}{old.useful / old.pods:>8.1%}{ratios}{note}")  # fmt: skip
            if share < FLOOR and (by_receipt or factor == 1):
                low.append(f"{size}, {documents:,} documents, {words}")
    for line in low:
        print(f"less than {FLOOR:.0%} of the pods' time is useful: {line}", file=sys.stderr)
    return 1 if low else 0


def _mean(documents: int, shards: int, truth: Any, seeds: int) -> Outcome:
    runs = [simulated(documents, shards, truth, seed) for seed in range(seeds)]
    mean = statistics.fmean
    whole = all(run.whole for run in runs)
    return Outcome(mean(r.pods for r in runs), mean(r.useful for r in runs), mean(r.wall for r in runs), whole)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="runs of each case (5)")
    sys.exit(main(parser.parse_args().seeds))
