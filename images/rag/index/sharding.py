"""How many shards a run's documents are distributed over: a model of what a shard costs.

A pod starts in `start` seconds before its first document (scheduling, the image, imports, weights), and then does the
shard's work w. A node may go at any moment, `interruptions` times an hour, and the shard starts again from nothing. A
shard's pods take (e^(r(start+w)) - 1) / r seconds on average, with r a second's chance that the node goes (Daly, 2006:
work that begins again, with failures that come at random). Small shards spend that time on starting, large ones on what
is lost: most of it is useful near w = sqrt(2 start / r), as Young (1974) finds for checkpoints. Lanes stand idle while
the last shards end, which costs time and no pods.

Of all numbers of shards that leave `USEFUL` of the pods' time to documents, the one that ends first is taken. A shard
must end before the pod's deadline, also where documents take `spare` times what is expected; that comes before USEFUL.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

USEFUL = 0.9  # of the pods' time, at least
_GUESSED, _MEASURED = 4.0, 2.0  # times that documents may take what figures, or earlier runs, let expect
_ENOUGH = 60.0  # seconds of pods; less says more of a program's start than of documents


@dataclass(frozen=True, slots=True)
class Costs:
    """What a shard's pod costs, in seconds.

    Attributes:
        start: of a pod before it works.
        document: of a pod for a document.
        spare: how many times `document` the deadline must still leave room for.
        lanes: pods at once.
        deadline: that a pod may run.
        interruptions: of a pod by its node, an hour.
        most: shards of a run.
    """

    start: float
    document: float
    spare: float
    lanes: int
    deadline: float
    interruptions: float
    most: int

    def pod_seconds(self, documents: float) -> float:
        """Return what the pods of one shard take together, tries that were lost too."""
        rate, length = self.interruptions / 3600, self.start + documents * self.document
        # Past e^300 there is no such run; the bound keeps the arithmetic finite.
        return math.expm1(min(rate * length, 300)) / rate if rate else length

    def useful(self, documents: float) -> float:
        """Return the share of the pods' time that documents take in a shard of so many."""
        return documents * self.document / self.pod_seconds(documents)


def number(documents: int, costs: Costs, largest: int | None = None) -> int:
    """Return how many shards so many documents are distributed over.

    Args:
        documents: to embed.
        costs: what a shard costs.
        largest: documents of a shard at most, where somebody says so.
    """
    if not documents:
        return 0
    # Documents that end by the deadline; a tenth is left for shards that have the longer ones of them.
    within = max(1, int((costs.deadline / 1.1 - costs.start) / (costs.document * costs.spare)))
    most = min(documents, costs.most)
    least = min(most, -(-documents // min(within, largest or within)))
    useful = {count: costs.useful(documents / count) for count in range(least, most + 1)}
    floor = min(USEFUL, max(useful.values()))

    def ends(count: int) -> tuple[float, int]:
        in_a_lane = -(-count // min(count, costs.lanes))
        return in_a_lane * costs.pod_seconds(documents / count), count

    return min((count for count, share in useful.items() if share >= floor), key=ends)


def costs(
    figures: Mapping[str, Any], gpus: int, lanes: int, deadline: float, measured: tuple[float, int] | None
) -> Costs:
    """Return what a shard costs, by earlier runs where they say it and by the standard's figures otherwise.

    Args:
        figures: `start`, `interruptions` and `shards` as numbers; `point`, `point_on_gpu` and `document_points` as the
            least and the most, of which the geometric mean is expected: they lie orders of magnitude apart.
        gpus: of a pod.
        lanes: pods at once.
        deadline: seconds that a pod may run.
        measured: seconds of all pods that embedded documents, and how many documents they were.
    """
    if measured:
        document, spare = measured[0] / measured[1], _MEASURED
    else:
        point = _between(figures["point_on_gpu" if gpus else "point"])
        document, spare = point * _between(figures["document_points"]), _GUESSED
    return Costs(
        float(figures["start"]), document, spare, lanes, deadline, float(figures["interruptions"]), figures["shards"]
    )


def measured(
    receipts: Iterable[Mapping[str, Any]], size: str, model: Mapping[str, Any], chunking: Any
) -> tuple[float, int] | None:
    """Return the pod seconds and the documents of the run that embedded most of all; None where none says enough.

    Args:
        receipts: of the pipeline.
        size, model, chunking: of this run; one with others takes another time a document.
    """
    most: tuple[float, int] | None = None
    for receipt in receipts:
        inputs, counts = receipt.get("inputs", {}), receipt.get("counts", {})
        facts = {name: value for name, value in inputs.get("model", {}).items() if name != "weights_digest"}
        if (receipt.get("status"), receipt.get("size"), facts, inputs.get("chunking")) != (
            "Succeeded",
            size,
            model,
            chunking,
        ):
            continue
        documents = sum(counts.get(kind, 0) for kind in ("added", "changed", "repaired"))
        steps = receipt.get("steps", {})
        seconds = sum(step["seconds"] for name, step in steps.items() if name.startswith("embed-"))
        if documents and seconds >= _ENOUGH and (most is None or documents > most[1]):
            most = seconds, documents
    return most


def _between(bounds: tuple[float, float]) -> float:
    return math.sqrt(bounds[0] * bounds[1])
