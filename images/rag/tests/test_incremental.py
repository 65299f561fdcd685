"""The index follows its source: after any change, and after a death at any write, it equals one built from scratch."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
import tiny
from faults import Meanwhile, going_wrong
from index import identity
from world import DIMENSION, Fuse, InputError, Killed, TryAgain, World, difference, prose, quick, shut


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Five documents, of one to five chunks, indexed by nobody yet."""
    with quick():
        made = World(tmp_path)
        for number in range(5):
            made.put(f"doc-{number}", prose(number, 8 + 18 * number), title=f"Title {number}")
        made.export()
        yield made


@pytest.fixture
def right() -> Callable[[World], None]:
    """Holds a world's live index against the one that its documents make."""

    def check(world: World) -> None:
        assert difference(world.index(), world.expected()) == ""

    return check


def test_nothing_changed_embeds_and_writes_nothing(world: World, right) -> None:
    world.run()
    told = world.run()
    assert told["discover"]["unchanged"] == 5
    assert told["discover"]["shards"] == 0
    assert (told["upsert"]["written"], told["upsert"]["deleted"]) == (0, 0)
    right(world)


def test_a_changed_document_is_the_only_one_embedded(world: World, right) -> None:
    world.run()
    world.put("doc-3", prose(40, 20))
    world.export()
    told = world.run()
    assert {key: told["discover"][key] for key in ("added", "changed", "removed", "unchanged")} == {
        "added": 0,
        "changed": 1,
        "removed": 0,
        "unchanged": 4,
    }
    assert sum(step["documents"] for name, step in told.items() if name.startswith("embed-")) == 1
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
    told = world.run()["discover"]
    assert (told["added"], told["removed"]) == (1, 1)
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
    message = "s3://docs/manifest.jsonl:6: document 'doc-0' stands there twice with different contents"
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
    told = world.run()
    assert told["discover"]["added"] == 5
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
    told = world.run()["discover"]
    assert (told["changed"], told["unchanged"]) == (1, 4)
    right(world)


def test_a_store_that_lost_its_data_is_filled_again(world: World, right) -> None:
    world.run()
    shut()
    shutil.rmtree(world.folder / "qdrant")
    assert world.run()["discover"]["repaired"] == 5
    right(world)


def test_points_that_someone_deleted_or_added_are_made_good(world: World, right) -> None:
    import numpy as np
    from index import stores

    world.run()
    store = stores.open_store(world.settings["STORE_URL"], {"engine": "qdrant"})
    live = store.live("team-search")
    some = sorted(world_point.id for world_point in store.points(live))[:2]
    store.delete(live, some)
    stranger = "00000000-0000-4000-8000-000000000000"
    store.upsert(live, [stranger], np.ones((1, DIMENSION), np.float32), [{"document": "stranger", "metadata": "{}"}])
    told = world.run()
    assert told["discover"]["repaired"] >= 1
    right(world)


def test_a_lost_ledger_leaves_no_points_behind(world: World, right) -> None:
    """Without it nobody knows the points of a document that is gone; they were left, and every later run refused."""
    world.run()
    for ledger in (world.folder / "objects/artifacts/team/search/ledger").iterdir():
        ledger.unlink()
    del world.documents["doc-4"]
    world.put("doc-3", "short")
    world.export()
    world.run()
    right(world)


def test_points_lost_beside_a_dead_run_are_made_good(world: World, right) -> None:
    """The dead run's intent was taken for all that could be wrong; every later run found the count amiss."""
    world.run()
    world.put("doc-0", prose(40, 20))
    world.export()
    with pytest.raises(Killed):
        world.run(fault=Fuse(at="upsert "))
    with world.store() as store:
        live = store.live("team-search")
        store.delete(live, sorted(point.id for point in store.points(live))[::2])
    world.run()
    right(world)


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
        live = store.live("team-search")
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


def test_a_document_that_changed_after_its_manifest_is_refused(world: World) -> None:
    (world.folder / "objects/docs/doc-1.txt").write_text("changed since")
    with pytest.raises(InputError, match=r"document 'doc-1': .* hashes to .*; write the manifest after the documents"):
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
    receipt = orjson.loads((world.folder / f"objects/artifacts/team/search/receipts/{run}.json").read_bytes())
    assert [one["document"] for one in receipt["results"]["unreadable"]] == ["broken"]
    assert world.run()["discover"]["unchanged"] == 26


def test_canaries_below_the_floor_refuse_the_switch(world: World, right) -> None:
    world.run()
    before = world.index()
    world.model("b")
    canary = {"question": "nothing like it", "documents": ["no-such-document"]}
    (world.folder / "objects/docs/canaries.jsonl").write_bytes(orjson.dumps(canary))
    world.settings["CANARIES"] = "s3://docs/canaries.jsonl"
    message = "canaries found their documents for 0% of the questions, below the floor of 80%; the switch is refused."
    with pytest.raises(InputError, match=re.escape(message)):
        world.run()
    assert difference(world.index(), before) == "", "readers still see the former index"
    world.settings["CANARIES"] = ""
    world.run()
    right(world)


def test_a_rebuild_shows_both_indexes_on_the_same_canaries(world: World) -> None:
    world.run()
    world.model("b")
    canary = {"question": world.documents["doc-0"][1], "documents": ["doc-0"]}
    (world.folder / "objects/docs/canaries.jsonl").write_bytes(orjson.dumps(canary))
    world.settings["CANARIES"] = "s3://docs/canaries.jsonl"
    told = world.run(run := world.name())["validate"]["canaries"]
    assert told == {name: {"questions": 1, "recall": 1.0, "reciprocal_rank": 1.0} for name in ("new", "former")}, (
        "each index is asked by its own model"
    )
    receipt = orjson.loads((world.folder / f"objects/artifacts/team/search/receipts/{run}.json").read_bytes())
    question = canary["question"]
    side = {"questions": 1, "top": 5, "recall": 1.0, "reciprocal_rank": 1.0, "ranks": {question: 1}}
    assert receipt["results"]["canaries"] == {"new": side, "former": side}, "old and new side by side"


def changed(world: World) -> None:
    """One document of each fate."""
    world.put("doc-0", prose(70, 60))
    world.put("doc-4", prose(71, 10))
    world.put("new", prose(72, 40))
    del world.documents["doc-2"]
    world.export()


CHANGES: dict[str, Callable[[World], None]] = {
    "first build": lambda world: None,
    "changes": changed,
    "another model": lambda world: (changed(world), world.model("b"))[0],
}


AGAIN = ["same run", "next run", "next run, source changed"]


def began(folder: Path, change: str) -> World:
    """A world in which the change is about to be indexed."""
    world = World(folder)
    for name in (0, 2, 4):
        world.put(f"doc-{name}", prose(name, 8 + 18 * name))
    world.export()
    if change != "first build":
        world.run()
    CHANGES[change](world)
    return world


@pytest.mark.parametrize("change", CHANGES)
def test_a_death_at_any_write_is_made_good(tmp_path: Path, right, change: str) -> None:
    """Each write is died at, before it and, where it is of many points, half-way; what comes after takes turns."""
    with quick():
        whole = Fuse(None)
        began(tmp_path / "whole", change).run(None, whole)
        deaths = [(number, half) for number, name in enumerate(whole.names) for half in [False, True][: 1 + many(name)]]
        for turn, (number, half) in enumerate(deaths):
            world = began(tmp_path / str(turn), change)
            run = world.name()
            with pytest.raises(Killed):
                world.run(run, Fuse(number, half))
            again = AGAIN[turn % 3]
            if again == "next run, source changed":
                world.put("doc-0", prose(80, 5))
                world.documents.pop("new", None)
                world.export()
            world.run(run if again == "same run" else None)
            right(world)
            shut()
        assert len(deaths) > 20


def many(name: str) -> bool:
    """Whether a write of that name can happen by half."""
    return name.startswith(("upsert ", "delete "))


def test_a_restarted_step_repeats_nothing_done(world: World) -> None:
    run = world.name()
    for name, step in world.steps(run):
        if name == "upsert":
            break
        step()
    records = sorted((world.folder / f"objects/artifacts/team/search/runs/{run}/records").iterdir())
    times = [file.stat().st_mtime_ns for file in records]
    for name, step in world.steps(run):
        if name == "validate":
            break
        step()
    assert [file.stat().st_mtime_ns for file in records] == times
    world.run(run)


def test_a_step_that_was_given_other_decisions_than_its_run_was_planned_with_is_refused(world: World) -> None:
    world.put("doc-a", prose(0, 20))
    world.export()
    steps = world.steps("run-1")
    for _ in range(2):  # discover, and the first shard
        next(steps)[1]()
    world.begun["run-1"]["CHUNKING"] = '{"tokens":16,"overlap":0}'
    with pytest.raises(InputError) as found:
        next(steps)[1]()
    planned, given = (
        identity.fingerprint(tiny.facts("a"), {"tokens": tokens, "overlap": overlap}, "cosine")[:12]
        for tokens, overlap in ((24, 4), (16, 0))
    )
    assert str(found.value) == (
        f"s3://artifacts/team/search/runs/run-1/plan.json was made for an index of fingerprint {planned}, and this "
        f"step's model, chunking and distance give {given}: start a new run"
    )


def test_two_runs_at_once_end_in_the_right_index(world: World, right) -> None:
    """The second takes over; the first, in the middle of its steps, stops by itself."""
    world.run()
    changed(world)
    first = world.steps("run-first")
    for name, step in first:
        step()
        if name == "embed-1":
            break
    world.put("doc-1", prose(90, 25))
    world.export()
    world.run()
    _, upsert_of_the_first = next(first)
    with pytest.raises(TryAgain, match=r"run run-2 of team/search has begun since; this one stops"):
        upsert_of_the_first()
    world.run()
    right(world)


def test_a_run_that_is_overtaken_in_its_writes_leaves_nothing_behind(world: World, right) -> None:
    """It writes once more after the other has looked for intents; the run after that makes it good."""
    import upsert

    world.run()
    changed(world)
    real = upsert._fenced
    steps, calls = world.steps("run-late"), 0
    for name, step in steps:
        if name == "upsert":
            break
        step()

    def overtaken(*arguments) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            with world.environment("run-early") as run:
                from index import plan

                plan.own(run)
        real(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upsert, "_fenced", overtaken)
        with pytest.raises(TryAgain):
            step()
    world.run()
    right(world)


def test_a_ledger_that_an_overtaken_run_lays_over_anothers_is_not_believed(world: World, right) -> None:
    """Both have looked, the later one commits, the earlier one's ledger comes after it, with contents of before."""
    world.run()
    changed(world)

    def later() -> None:
        world.put("doc-0", prose(90, 60))
        world.export()
        world.run("run-later")
        world.put("doc-0", prose(70, 60))  # as the earlier run had it: by its ledger nothing is to do
        world.export()

    with pytest.raises(TryAgain, match="run run-later of team/search has begun since"):
        world.run(fault=Meanwhile("write s3://artifacts/team/search/ledger/", later))
    world.run()
    right(world)


def test_a_rollback_leads_readers_to_the_former_index_and_the_next_run_forward(world: World, right) -> None:
    import rollback

    world.run()
    before = world.index()
    world.model("b")
    world.run()
    with world.environment("back"):
        told = rollback.rollback()
    assert difference(world.index(), before) == ""
    assert told["from"] != told["collection"]
    with world.environment("back"), pytest.raises(InputError, match="was rolled back from: the next run leads forward"):
        rollback.rollback()
    assert difference(world.index(), before) == "", "a second call does not lead back to what the first led away from"
    world.run()
    right(world)


@pytest.mark.parametrize("at", [0, 1])
def test_a_rollback_that_died_goes_on_where_it_was(world: World, at: int) -> None:
    import rollback

    world.run()
    before = world.index()
    world.model("b")
    world.run()
    with world.environment("back"):
        with pytest.raises(Killed), going_wrong(Fuse(at)):
            rollback.rollback()
        rollback.rollback()
    assert difference(world.index(), before) == ""


def test_a_rollback_that_is_tried_again_goes_no_further(world: World) -> None:
    """In a run of its own: its pod may have switched, and died before anybody heard of it."""
    import rollback

    world.settings["STORE"] = world.settings["STORE"].replace('"retain":2', '"retain":3')
    told = []
    for revision in "abc":
        world.model(revision)
        told.append(world.run()["publish"])
    with world.environment("run-back"):
        first = rollback.rollback(in_a_run=True)
        assert rollback.rollback(in_a_run=True) == first
    assert (first["index"], first["from"]) == (told[1]["index"], told[2]["collection"])
    with world.environment("run-back-2"):
        assert rollback.rollback(in_a_run=True)["index"] == told[0]["index"], "another run is another wish"


def test_without_a_former_index_there_is_nothing_to_roll_back_to(world: World) -> None:
    import rollback

    world.run()
    with world.environment("back"), pytest.raises(InputError, match="team/search has no former index to go back to"):
        rollback.rollback()
