"""Canaries are asked on every run, and of a live collection before it is written."""

from __future__ import annotations

import codecs
import re

import orjson
import pytest
from index import canaries
from receipts import receipt
from runtime.errors import InputError
from world import World, difference, prose


def ask(world: World, *documents: str) -> None:
    """Have the canaries ask for each document by its own text."""
    rows = [{"question": world.documents[name][1], "documents": [name]} for name in documents]
    (world.folder / "objects/docs/canaries.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    world.settings["CANARIES"] = "s3://docs/canaries.jsonl"


def test_passed_is_not_said_where_no_canary_was_asked(world: World) -> None:
    world.run(run := world.name())
    assert receipt(world, run)["verdicts"]["canaries"] == "none asked"
    ask(world, "doc-1")
    world.run(run := world.name())
    assert receipt(world, run)["verdicts"]["canaries"] == "passed", "asked of an index that did not change, too"


def test_canaries_are_asked_of_an_index_without_points(world: World) -> None:
    ask(world, "doc-1")
    world.run()
    world.documents.clear()
    world.export()
    with pytest.raises(InputError, match="canaries found their documents for 0% of the questions"):
        world.run()


def test_a_question_that_nothing_answers_says_that_the_run_changed_nothing(world: World) -> None:
    ask(world, "doc-1")
    world.run()
    canary = orjson.dumps({"question": "one two", "documents": ["nowhere"]})
    (world.folder / "objects/docs/canaries.jsonl").write_bytes(canary)
    with pytest.raises(
        InputError, match="this run changed nothing, and readers see the index as it was: the questions,"
    ):
        world.run()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "s3://docs/canaries.jsonl holds no canary question; write some there, or leave `canaries` out"),
        (" \n\n", "holds no canary question"),
        (
            '{"question":"one","documents":["doc-1"]}\n{"question":"one","documents":["doc-2"]}',
            "canaries.jsonl:2: a line above asks this with other documents; name all of them in one line",
        ),
    ],
)
def test_canaries_that_ask_nothing_are_refused(world: World, text: str, why: str) -> None:
    """Else an exporter that writes none would end what protects readers."""
    ask(world)
    (world.folder / "objects/docs/canaries.jsonl").write_text(text)
    with pytest.raises(InputError, match=re.escape(why)):
        world.run()


def test_a_question_that_stands_twice_is_asked_once(world: World) -> None:
    row = b'{"question":"one","documents":["doc-1"]}\n'
    (world.folder / "objects/docs/canaries.jsonl").write_bytes(codecs.BOM_UTF8 + row * 2)
    with world.environment("look"):
        assert len(canaries.read("s3://docs/canaries.jsonl")) == 1


@pytest.mark.parametrize("change", ["emptied", "rewritten", "removed"])
def test_a_live_collection_is_asked_before_it_is_written(world: World, change: str, right) -> None:
    ask(world, "doc-1", "doc-2")
    world.run()
    before = world.index()
    if change == "removed":
        del world.documents["doc-1"]
    else:
        world.put("doc-1", "" if change == "emptied" else "ask for what nobody has written, 1 2 3 4 5 6 7 8 9")
    if change == "rewritten":
        for number in range(8):  # nearer to the question than what doc-1 has become
            world.put(f"like-{number}", world.documents["doc-2"][1] + f" {number}")
        question = {"question": world.documents["doc-2"][1], "documents": ["doc-1"]}
        (world.folder / "objects/docs/canaries.jsonl").write_bytes(orjson.dumps(question))
    world.export()
    why = "the questions, below the floor of 80%; nothing was written, and readers see the index as it was. Not found: "
    with pytest.raises(InputError, match=re.escape(why)):
        world.run()
    assert difference(world.index(), before) == ""
    world.settings["CANARIES"] = ""
    world.run()
    right(world)


@pytest.mark.parametrize("distance", ["cosine", "dot", "euclid"])
def test_the_preview_answers_as_the_collection_will(world: World, distance: str, monkeypatch) -> None:
    world.settings["STORE"] = f'{{"engine":"qdrant","distance":"{distance}","retain":2}}'
    for number in range(12):
        world.put(f"doc-{number}", prose(number, 60))
    world.export()
    world.run()
    for number in range(0, 12, 2):
        world.put(f"doc-{number}", prose(40 + number, 30))
    del world.documents["doc-3"]
    world.export()
    ask(world, *world.documents)
    world.settings["CANARY_FLOOR"] = "0.1"
    verdicts = []
    judge = canaries.judge
    monkeypatch.setattr(canaries, "judge", lambda *given: verdicts.append(judge(*given)) or verdicts[-1])
    world.run()
    previewed, seen = verdicts
    assert previewed == seen
    assert 0.1 < previewed.recall < 1


def test_a_failure_after_the_write_says_that_readers_see_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(world, "doc-1")
    world.run()
    world.put("doc-4", prose(80, 20))
    world.export()
    steps = world.steps(world.name())
    for name, step in steps:
        if name == "validate":
            world.settings["CANARIES"] = ""
            with world.store() as store:
                monkeypatch.setattr(type(store), "search", lambda *given, **named: [], raising=False)
                monkeypatch.setattr(store, "search", lambda *given, **named: [], raising=False)
                with pytest.raises(InputError, match=r"readers see this change already: .* so the next run writes"):
                    step()
            return
        step()
