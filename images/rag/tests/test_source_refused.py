"""What a run refuses: a source that lost too much or is wrong, canaries below the floor, other decisions midway."""

from __future__ import annotations

import re

import orjson
import pytest
import receipts
import tiny
from faults import Fuse, Killed
from index import identity
from runtime.errors import InputError
from world import World, difference, prose


def test_a_manifest_that_lost_most_of_its_documents_stops(world: World, right) -> None:
    world.settings["SIZING"] = world.settings["SIZING"].replace('"max_loss":1.0', '"max_loss":0.2')
    world.run()
    before = world.index()
    for name in ("doc-0", "doc-1"):
        del world.documents[name]
    world.export()
    message = (
        "s3://docs/manifest.jsonl lost 2 of 5 documents since the last run, more than the 20% that one run may delete; "
        "nothing was deleted. Fix the source, or set `allow_loss: true`"
    )
    with pytest.raises(InputError, match=re.escape(message)):
        world.run()
    assert difference(world.index(), before) == ""
    world.settings["LOSS"] = "allowed"
    world.run()
    right(world)


def test_a_loss_is_measured_against_what_readers_have(world: World, right) -> None:
    """A former model's ledger names documents that were removed one by one since: going back to it loses none."""
    world.settings["SIZING"] = world.settings["SIZING"].replace('"max_loss":1.0', '"max_loss":0.4')
    world.run()
    world.model("b")
    for name in ("doc-0", "doc-1", "doc-2"):
        del world.documents[name]
        world.export()
        world.run()
    world.model("a")
    world.run()
    right(world)


def test_the_guard_holds_after_a_death_between_switch_and_ledger(world: World) -> None:
    """The live collection has no ledger then, and an empty manifest went through."""
    world.settings["SIZING"] = world.settings["SIZING"].replace('"max_loss":1.0', '"max_loss":0.2')
    world.run()
    world.model("b")
    with pytest.raises(Killed):
        world.run(fault=Fuse(at="write s3://artifacts/team/search/ledger/"))
    with world.store() as store:
        live = store.live("team_search")
    assert not (world.folder / f"objects/artifacts/team/search/ledger/{live}.parquet").exists()
    world.documents.clear()
    world.put("only", "one")
    world.export()
    with pytest.raises(InputError, match="lost 5 of 5 documents"):
        world.run()


def test_the_guard_holds_for_a_new_model_too(world: World) -> None:
    world.settings["SIZING"] = world.settings["SIZING"].replace('"max_loss":1.0', '"max_loss":0.2')
    world.run()
    world.documents.clear()
    world.put("only", "one")
    world.export()
    world.model("b")
    with pytest.raises(InputError, match="lost 5 of 5 documents"):
        world.run()


def test_documents_that_changed_after_their_manifest_are_refused_where_they_are_many(world: World) -> None:
    for name in ("doc-1", "doc-2"):
        (world.folder / f"objects/docs/{name}.txt").write_text("changed since")
    why = (
        r"2 of 5 documents cannot be read; the first: 'doc-1': .* hashes to .*; write the manifest after the documents"
    )
    with pytest.raises(InputError, match=why):
        world.run()


def test_a_prefix_serves_where_there_is_no_manifest(world: World) -> None:
    (world.folder / "objects/docs/manifest.jsonl").unlink()
    world.settings["SOURCE"] = "s3://docs/"
    assert world.run()["discover"]["documents"] == 5
    assert world.run()["discover"]["unchanged"] == 5
    (world.folder / "objects/docs/doc-1.txt").write_text("changed")
    assert world.run()["discover"]["changed"] == 1


def test_an_unreadable_document_is_told_and_the_others_are_indexed(world: World) -> None:
    for number in range(20):
        world.put(f"more-{number}", prose(60 + number, 8))
    world.put("broken", "no PDF", path="broken.pdf")
    world.export()
    world.run(run := world.name())
    receipt = receipts.receipt(world, run)
    assert [entry["document"] for entry in receipt["results"]["unreadable"]] == ["broken"]
    assert world.run()["discover"]["unchanged"] == 26


def test_canaries_below_the_floor_refuse_the_switch(world: World, right) -> None:
    world.run()
    before = world.index()
    world.model("b")
    canary = {"question": "nothing like it", "documents": ["no-such-document"]}
    (world.folder / "objects/docs/canaries.jsonl").write_bytes(orjson.dumps(canary))
    world.settings["CANARIES"] = "s3://docs/canaries.jsonl"
    message = "canaries found their documents for 0% of the questions, below the floor of 80%; the switch is refused, "
    message += "and readers see the former index. Not found: nothing like it"
    with pytest.raises(InputError, match=re.escape(message)):
        world.run()
    assert difference(world.index(), before) == "", "readers still see the former index"
    world.settings["CANARIES"] = ""
    world.run()
    right(world)


def test_a_rebuild_shows_both_indexes_on_the_same_canaries(world: World) -> None:
    world.put("doc-0", world.documents["doc-0"][1])  # without a title, its vector is that of the question
    world.export()
    world.run()
    world.model("b")
    canary = {"question": world.documents["doc-0"][1], "documents": ["doc-0"]}
    (world.folder / "objects/docs/canaries.jsonl").write_bytes(orjson.dumps(canary))
    world.settings["CANARIES"] = "s3://docs/canaries.jsonl"
    canaries = world.run(run := world.name())["validate"]["canaries"]
    assert canaries == {name: {"questions": 1, "recall": 1.0, "reciprocal_rank": 1.0} for name in ("new", "former")}, (
        "each index is asked by its own model"
    )
    receipt = receipts.receipt(world, run)
    question = canary["question"]
    side = {"questions": 1, "top": 5, "recall": 1.0, "reciprocal_rank": 1.0, "ranks": {question: 1}}
    assert receipt["results"]["canaries"] == {"new": side, "former": side}, "old and new side by side"


def test_a_step_that_was_given_other_decisions_than_its_run_was_planned_with_is_refused(world: World) -> None:
    world.put("doc-a", prose(0, 20))
    world.export()
    steps = world.steps("run-1")
    for _ in range(2):  # discover, and the first shard
        next(steps)[1]()
    world.begun["run-1"]["CHUNKING"] = '{"tokens":16,"overlap":0}'
    with pytest.raises(InputError) as raised:
        next(steps)[1]()
    planned, given = (
        identity.fingerprint(tiny.facts("a"), {"tokens": tokens, "overlap": overlap}, "cosine")[:12]
        for tokens, overlap in ((24, 4), (16, 0))
    )
    assert str(raised.value) == (
        f"s3://artifacts/team/search/runs/run-1/plan.json was made for an index of fingerprint {planned}, and this "
        f"step's model, chunking and distance give {given}: start a new run"
    )
