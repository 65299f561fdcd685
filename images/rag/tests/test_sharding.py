"""The number of shards: most of the pods' time is useful, deadlines are kept, and earlier runs are believed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from figures import FIGURES
from index import sharding

MODEL, CHUNKING = {"revision": "a"}, {"tokens": 200}
SIZES = {"small": (0, 2, 3600), "medium": (1, 4, 7200), "large": (1, 16, 14400)}


def costs(size: str, earlier: tuple[float, int] | None = None) -> sharding.Costs:
    gpus, lanes, deadline = SIZES[size]
    return sharding.costs(FIGURES, gpus, lanes, deadline, earlier)


@pytest.mark.parametrize(
    ("size", "documents"),
    [("small", 10**4), ("medium", 10**5), ("medium", 10**6), ("large", 10**7), ("large", 10**8)],
)
@pytest.mark.parametrize("factor", [0.25, 1, 4])
def test_nine_tenths_of_the_pods_time_are_useful(size: str, documents: int, factor: float) -> None:
    expected = costs(size)
    by_receipt = costs(size, (expected.document * factor * documents, documents))
    number = sharding.number(documents, by_receipt)
    assert by_receipt.useful(documents / number) >= sharding.USEFUL
    assert number <= FIGURES["shards"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("documents", [1, 2, 79, 999, 12_345, 10**6])
def test_a_shard_ends_by_the_deadline_though_documents_take_more_than_expected(size: str, documents: int) -> None:
    cost = costs(size)
    number = sharding.number(documents, cost)
    assert 1 <= number <= documents
    if number < cost.most:
        assert cost.start + documents / number * cost.document * cost.spare <= cost.deadline


def test_a_handful_of_documents_is_one_shard_and_none_are_none() -> None:
    assert [sharding.number(documents, costs("small")) for documents in (0, 1, 50)] == [0, 1, 1]


def test_lanes_end_together() -> None:
    cost = replace(costs("large"), document=1.0)
    assert sharding.number(100_000, cost) % cost.lanes == 0


def test_nodes_that_go_more_often_make_smaller_shards() -> None:
    steady, spot = (replace(costs("large"), document=0.1, interruptions=rate) for rate in (0.001, 1))
    assert sharding.number(10**6, spot) > sharding.number(10**6, steady)


def test_a_node_that_never_goes_costs_a_start_alone() -> None:
    assert replace(costs("small"), document=1.0, interruptions=0).pod_seconds(40) == 100


@pytest.mark.parametrize(("largest", "number"), [(None, 1), (10, 1), (3, 4), (1, 10)])
def test_what_a_size_says_of_documents_a_shard_is_kept(largest: int | None, number: int) -> None:
    assert sharding.number(10, costs("small"), largest) == number


def receipt(documents: int, seconds: float, **other: Any) -> dict[str, Any]:
    return {
        "status": "Succeeded",
        "size": "small",
        "inputs": {"model": {**MODEL, "weights_digest": "sha256:1"}, "chunking": CHUNKING},
        "counts": {"added": documents, "changed": 0, "repaired": 0, "unchanged": 7},
        "steps": {"embed-0": {"seconds": seconds / 2}, "embed-1": {"seconds": seconds / 2}, "upsert": {"seconds": 9}},
        **other,
    }


def test_the_run_that_embedded_most_says_what_a_document_takes() -> None:
    receipts = [receipt(100, 200), receipt(1000, 500), receipt(3, 400), {"version": 1}]
    assert sharding.measured(receipts, "small", MODEL, CHUNKING) == (500, 1000)
    assert costs("small", (500, 1000)).document == 0.5


@pytest.mark.parametrize(
    "other",
    [
        {"status": "Failed"},
        {"size": "large"},
        {"inputs": {"model": {"revision": "b"}, "chunking": CHUNKING}},
        {"inputs": {"model": MODEL, "chunking": {"tokens": 9}}},
        {"counts": {"unchanged": 100}},
        {"steps": {"embed-0": {"seconds": 1.0}}},
    ],
)
def test_a_run_that_differs_or_did_little_says_nothing(other: dict[str, Any]) -> None:
    assert sharding.measured([receipt(1000, 500, **other)], "small", MODEL, CHUNKING) is None
