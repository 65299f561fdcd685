"""A document of which the metadata alone has changed is not embedded: its points get the metadata and keep vectors."""

from __future__ import annotations

import orjson
import pytest
from faults import Fuse, Killed
from index import ledger
from runtime import objects
from world import World, prose


def described(world: World) -> dict[str, str]:
    """Return each document's metadata as its points have it."""
    return {payload["document"]: payload["metadata"] for _, payload in world.index().values()}


def receipt_of(world: World) -> dict:
    folder = world.folder / "objects/artifacts/team/search/receipts"
    return orjson.loads((folder / f"run-{world.runs}.json").read_bytes())


def test_other_metadata_embeds_nothing_and_is_counted_and_named(world: World, right) -> None:
    world.run()
    before = world.index()
    world.metadata = {"doc-1": {"year": 2024, "tags": ["a", "b"]}, "doc-3": {"draft": True}}
    world.export()
    results = world.run()
    counts = results["discover"]
    assert {key: counts[key] for key in ("changed", "relabelled", "unchanged", "shards")} == {
        "changed": 0,
        "relabelled": 2,
        "unchanged": 3,
        "shards": 0,
    }
    assert counts["with_other_metadata"] == ["doc-1", "doc-3"]
    assert (results["upsert"]["written"], results["upsert"]["relabelled"]) == (0, 2)
    after = world.index()
    assert {name: vector for name, (vector, _) in after.items()} == {
        name: vector for name, (vector, _) in before.items()
    }
    assert described(world)["doc-1"] == '{"tags":["a","b"],"year":2024}'
    receipt = receipt_of(world)
    assert (receipt["counts"]["relabelled"], receipt["results"]["relabelled"]) == (2, ["doc-1", "doc-3"])
    right(world)
    assert world.run()["discover"]["unchanged"] == 5


def test_metadata_that_changes_back_or_goes_is_followed(world: World, right) -> None:
    world.metadata = {"doc-1": {"year": 2024}}
    world.export()
    world.run()
    for metadata in ({"doc-1": {"year": 2025}}, {"doc-1": {"year": 2024}}, {}):
        world.metadata = metadata
        world.export()
        assert world.run()["discover"]["relabelled"] == 1
        right(world)


def test_another_text_or_title_beside_it_is_embedded(world: World, right) -> None:
    world.run()
    world.metadata = {"doc-1": {"year": 2024}, "doc-2": {"year": 2024}}
    world.put("doc-1", prose(90, 12), title="Title 1")
    world.put("doc-2", world.documents["doc-2"][1], title="Another")
    world.export()
    counts = world.run()["discover"]
    assert (counts["changed"], counts["relabelled"]) == (2, 0)
    right(world)


def test_a_run_that_dies_half_way_is_made_good(world: World, right) -> None:
    world.run()
    world.metadata = {f"doc-{number}": {"year": number} for number in range(5)}
    world.export()
    with pytest.raises(Killed):
        world.run(fault=Fuse("relabel", half=True))
    counts = world.run()["discover"]
    assert (counts["relabelled"], counts["changed"]) == (0, 5), "what a dead run may have half written is done anew"
    right(world)


def test_keys_and_mixed_kinds_follow(world: World) -> None:
    world.metadata = {"doc-1": {"year": 2024}, "doc-2": {"year": "soon"}}
    world.export()
    world.run()
    sentence = "metadata 'year' is a number in 1 document ('doc-1' ...) and text in 1 document ('doc-2' ...)"
    assert receipt_of(world)["results"]["mixed"] == {"year": sentence}
    world.metadata["doc-2"] = {"year": 2023}
    world.export()
    world.run()
    assert receipt_of(world)["results"]["mixed"] == {}
    with world.environment("look") as run:
        (committed,) = objects.entries(f"{run.home}/ledger")
        assert ledger.keys(committed.address) == {"year": {"number": (2, "doc-1")}}


def test_the_next_index_has_the_metadata_too(world: World, right) -> None:
    """Another model embeds all documents, with the metadata that they have by then."""
    world.run()
    world.metadata = {"doc-1": {"year": 2024}}
    world.export()
    world.run()
    world.model("b")
    world.run()
    right(world)
