"""The index follows its source: after any change it equals one built from scratch."""

from __future__ import annotations

import re

import pytest
from runtime.errors import InputError
from world import World, prose


def test_nothing_changed_embeds_and_writes_nothing(world: World, right) -> None:
    world.run()
    results = world.run()
    assert results["discover"]["unchanged"] == 5
    assert results["discover"]["shards"] == 0
    assert (results["upsert"]["written"], results["upsert"]["deleted"]) == (0, 0)
    right(world)


def test_a_changed_document_is_the_only_one_embedded(world: World, right) -> None:
    world.run()
    world.put("doc-3", prose(40, 20))
    world.export()
    results = world.run()
    assert {key: results["discover"][key] for key in ("added", "changed", "removed", "unchanged")} == {
        "added": 0,
        "changed": 1,
        "removed": 0,
        "unchanged": 4,
    }
    assert sum(step["documents"] for name, step in results.items() if name.startswith("embed-")) == 1
    right(world)


def test_a_shorter_document_leaves_no_points_behind(world: World, right) -> None:
    world.run()
    before = len(world.index())
    world.put("doc-4", "short")
    world.export()
    assert world.run()["upsert"]["deleted"] > 0
    assert len(world.index()) < before
    right(world)


def test_a_removed_document_is_taken_out(world: World, right) -> None:
    world.run()
    del world.documents["doc-2"]
    world.export()
    assert world.run()["discover"]["removed"] == 1
    right(world)


def test_the_last_document_removed_leaves_an_empty_index(world: World, right) -> None:
    world.run()
    world.documents.clear()
    world.export()
    world.run()
    assert world.index() == {}


def test_a_document_renamed_in_place_keeps_its_points_and_tells_its_new_address(world: World, right) -> None:
    world.run()
    before = world.index().keys()
    world.put("doc-1", world.documents["doc-1"][1], path="moved/elsewhere.txt", title="Title 1")
    world.export()
    assert world.run()["discover"]["changed"] == 1
    assert world.index().keys() == before
    right(world)


def test_a_document_with_a_new_id_is_one_removed_and_one_added(world: World, right) -> None:
    world.run()
    world.documents["renamed"] = world.documents.pop("doc-1")
    world.export()
    counts = world.run()["discover"]
    assert (counts["added"], counts["removed"]) == (1, 1)
    right(world)


def test_documents_of_equal_content_are_two(world: World, right) -> None:
    world.put("copy", world.documents["doc-4"][1])
    world.export()
    world.run()
    del world.documents["doc-4"]
    world.export()
    world.run()
    right(world)


def test_a_line_that_stands_twice_counts_once(world: World, right) -> None:
    file = world.folder / "objects/docs/manifest.jsonl"
    file.write_bytes(file.read_bytes() * 2)
    assert world.run()["discover"]["documents"] == 5
    right(world)


def test_an_id_with_two_contents_is_refused(world: World) -> None:
    file = world.folder / "objects/docs/manifest.jsonl"
    first = file.read_text().splitlines()[0]
    file.write_text(file.read_text() + first.replace("Title 0", "Another") + "\n")
    message = "s3://docs/manifest.jsonl:6: document 'doc-0' appears twice with different contents"
    with pytest.raises(InputError, match=re.escape(message)):
        world.run()


def test_an_empty_document_is_known_and_has_no_points(world: World, right) -> None:
    world.put("empty", " \n")
    world.export()
    world.run()
    assert world.run()["discover"]["unchanged"] == 6
    right(world)


def test_another_model_builds_a_new_collection_and_switches(world: World, right) -> None:
    world.run()
    first = world.collections()
    world.model("b")
    results = world.run()
    assert results["discover"]["added"] == 5
    assert len(world.collections()) == 2
    assert first[0] in world.collections(), "the former index stays, to roll back to"
    right(world)


def test_another_chunking_builds_a_new_collection(world: World, right) -> None:
    world.run()
    world.settings["CHUNKING"] = '{"tokens":16,"overlap":0}'
    world.run()
    assert len(world.collections()) == 2
    right(world)


def test_back_to_the_former_model_needs_only_what_changed_since(world: World, right) -> None:
    world.run()
    world.model("b")
    world.put("doc-0", prose(50, 30))
    world.export()
    world.run()
    world.model("a")
    counts = world.run()["discover"]
    assert (counts["changed"], counts["unchanged"]) == (1, 4)
    right(world)
