"""Text that a source loses is seen: before readers lose it, and by name."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from faults import Fuse, Killed
from index import canaries, findings
from runtime import notify
from runtime.errors import InputError
from test_readers import pdf
from world import World, difference, prose

WHOLE = pdf(["words of the one page, quite a few of them"]).decode()
TORN = WHOLE[:200]


@pytest.fixture
def guarded(world: World) -> World:
    """A pipeline whose runs may take a fifth of the text from readers."""
    world.settings["SIZING"] = world.settings["SIZING"].replace('"max_loss":1.0', '"max_loss":0.2')
    return world


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Gather what the team's channel is sent."""
    sent: list[str] = []
    monkeypatch.setattr(notify, "slack", lambda text: bool(sent.append(text)) or True)
    return sent


def receipt(world: World, run: str) -> dict[str, Any]:
    """Return a run's receipt."""
    value: dict[str, Any] = orjson.loads(
        (world.folder / f"objects/artifacts/team/search/receipts/{run}.json").read_bytes()
    )
    return value


def ask(world: World, *documents: str) -> None:
    """Have the canaries ask for each document by its own text."""
    rows = [{"question": world.documents[name][1], "documents": [name]} for name in documents]
    (world.folder / "objects/docs/canaries.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    world.settings["CANARIES"] = "s3://docs/canaries.jsonl"


def test_an_exporter_that_writes_empty_files_is_stopped_before_readers_see_it(guarded: World) -> None:
    guarded.run()
    before = guarded.index()
    for name in list(guarded.documents):
        guarded.put(name, "")
    guarded.export()
    why = (
        "this run would take the text of 5 of 5 documents from readers ('doc-0', 'doc-1', 'doc-2' and 2 more), more "
        "than the 20% that one run may; nothing was written. Fix the source, or set `allow_loss: true`"
    )
    failed = guarded.attempt(run := guarded.name())
    assert str(failed) == why
    assert difference(guarded.index(), before) == ""
    assert receipt(guarded, run)["verdicts"]["canaries"] is None
    assert receipt(guarded, run)["counts"]["without_text"] == 5


def test_a_rebuild_of_empty_files_is_stopped_too(guarded: World) -> None:
    guarded.run()
    before = guarded.index()
    for name in ("doc-0", "doc-1"):
        guarded.put(name, "")
    guarded.export()
    guarded.model("b")
    with pytest.raises(InputError, match="would take the text of 2 of 5 documents"):
        guarded.run()
    assert difference(guarded.index(), before) == ""


def test_documents_that_shrink_are_stopped(guarded: World, right) -> None:
    for number in range(5):
        guarded.put(f"doc-{number}", prose(number, 60))
    guarded.export()
    guarded.run()
    before = guarded.index()
    for number in range(2):
        guarded.put(f"doc-{number}", prose(number, 6))
    guarded.export()
    why = r"would take \d+ of \d+ points from readers \(most of them from 'doc-[01]', 'doc-[01]'\), more than the 20%"
    with pytest.raises(InputError, match=why):
        guarded.run()
    assert difference(guarded.index(), before) == ""
    guarded.settings["LOSS"] = "allowed"
    guarded.run()
    right(guarded)


def test_another_chunking_may_have_fewer_points(guarded: World, right) -> None:
    for number in range(5):
        guarded.put(f"doc-{number}", prose(number, 60))
    guarded.export()
    guarded.run()
    before = len(guarded.index())
    guarded.settings["CHUNKING"] = '{"tokens":60,"overlap":0}'
    guarded.run()
    assert len(guarded.index()) < before / 2
    right(guarded)


@pytest.mark.parametrize("texts", [{}, {"a": ""}, {"a": " \n", "b": "\ufffd\ufffd"}], ids=["none", "empty", "blank"])
def test_a_first_index_of_nothing_is_refused(world: World, texts: dict[str, str]) -> None:
    world.documents.clear()
    for name, text in texts.items():
        world.put(name, text)
    world.export()
    with pytest.raises(
        InputError, match=f"the first index would hold nothing: of {len(texts)} documents? none has text"
    ):
        world.run()
    assert world.collections() == []


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


def test_each_document_without_text_is_named_on_every_run(world: World, messages: list[str], right) -> None:
    for number in range(20):
        world.put(f"more-{number}", prose(60 + number, 8))
    world.put("blank", " \n")
    world.put("lost", "\ufffd\ufffd\ufffd")
    world.put("torn", TORN, path="torn.pdf")
    world.put("thai", "one \u0e14\u0e31\u0e0a\u0e19\u0e35\u0e40\u0e01\u0e47\u0e1a\u0e02\u0e49\u0e2d\u0e04\u0e27")
    world.put("lines", '{"text": "one two"}\n{"text": \n', path="lines.jsonl")
    world.export()
    for place in range(3):  # nothing changes after the first
        results = world.run(run := world.name())
        value = receipt(world, run)
        assert value["results"]["without_text"] == [
            {"document": "blank", "why": "it is empty", "kept": False},
            {"document": "lost", "why": "it holds only U+FFFD", "kept": False},
        ]
        ((document, why),) = [(each["document"], each["why"]) for each in value["results"]["unreadable"]]
        assert (document, why.split(":")[0]) == ("torn", "invalid PDF")
        assert [each["document"] for each in value["results"]["partly_read"]] == ["lines"]
        assert value["results"]["unknown_to_model"] == [
            {"document": "thai", "why": "the model's tokenizer does not know 82% of its characters", "kept": False}
        ]
        counted = {kind: value["counts"][kind] for kind in findings.KINDS}
        assert counted == {
            "unreadable": 1, "missing": 0, "without_text": 2, "partly_read": 1, "unknown_to_model": 1
        }  # fmt: skip
        assert results["discover"]["findings"] == (counted if place else dict.fromkeys(counted, 0)), "those that stand"
        assert "\n2 have no text: 'blank': it is empty; 'lost': it holds only U+FFFD\n" in messages[-1]
        assert (
            "\n1 is written in what the embedding model does not know, and answers at random: 'thai': " in messages[-1]
        )
        assert "\n1 cannot be read: 'torn': invalid PDF" in messages[-1]
        assert "\n1 was read in part, or by a guess: 'lines': line 2 is not JSON" in messages[-1]
    assert len(messages) == 3
    world.put("lost", "found again")
    world.export()
    world.run(run := world.name())
    assert [each["document"] for each in receipt(world, run)["results"]["without_text"]] == ["blank"]


def test_what_becomes_unreadable_keeps_its_last_good_version_until_it_is_mended(world: World, messages, right) -> None:
    world.put("paper", WHOLE, path="paper.pdf")
    world.export()
    world.run()
    before = world.index()
    world.put("paper", TORN, path="paper.pdf", title="New")
    world.export()
    for _ in range(2):
        world.run(run := world.name())
        assert difference(world.index(), before) == ""
        (finding,) = receipt(world, run)["results"]["unreadable"]
        assert (finding["document"], finding["kept"]) == ("paper", True)
        assert messages[-1].endswith("(its last good version stays)")
    assert world.run()["discover"]["shards"] == 0, "it is not read again while nothing changes"
    world.settings["SIZING"] = world.settings["SIZING"].replace("}", ',"document_seconds":90}')
    assert world.run()["discover"]["changed"] == 1, "but where it may take more than before"
    world.put("paper", WHOLE.replace("quite", "very "), path="paper.pdf")
    world.export()
    world.run(run := world.name())
    assert receipt(world, run)["counts"]["unreadable"] == 0
    right(world)


def test_what_returns_to_its_last_good_version_is_mended_too(world: World, right) -> None:
    world.put("paper", WHOLE, path="paper.pdf")
    world.export()
    world.run()
    world.put("paper", TORN, path="paper.pdf")
    world.export()
    world.run()
    world.put("paper", WHOLE, path="paper.pdf")
    world.export()
    world.run(run := world.name())
    assert receipt(world, run)["counts"]["unreadable"] == 0
    right(world)


def test_a_version_that_a_dead_run_has_half_overwritten_is_not_kept(world: World, right) -> None:
    world.put("paper", WHOLE, path="paper.pdf")
    world.export()
    world.run()
    world.put("paper", pdf(["one two three four " * 9]).decode(), path="paper.pdf")
    world.export()
    with pytest.raises(Killed):
        world.run(fault=Fuse(at="write s3://artifacts/team/search/runs/run-2/written/"))
    world.put("paper", TORN, path="paper.pdf")
    world.export()
    world.run(run := world.name())
    (finding,) = receipt(world, run)["results"]["unreadable"]
    assert finding["kept"] is False
    right(world)


def test_a_document_that_vanishes_before_it_is_read_is_left_for_the_next_run(world: World, right) -> None:
    world.run()
    before = world.index()
    text = prose(90, 20)
    world.put("doc-1", text)
    world.export()
    (file := world.folder / "objects/docs/doc-1.txt").unlink()
    world.run(run := world.name())
    (finding,) = receipt(world, run)["results"]["missing"]
    assert finding == {"document": "doc-1", "why": "s3://docs/doc-1.txt not found", "kept": True}
    assert difference(world.index(), before) == ""
    file.write_text(text)
    results = world.run(run := world.name())
    assert results["discover"]["changed"] == 1
    assert receipt(world, run)["results"]["missing"] == []
    right(world)


def test_two_unreadable_among_three_new_do_not_stop_a_hundred_good(world: World, right) -> None:
    for number in range(100):
        world.put(f"more-{number}", prose(number, 4))
    world.export()
    world.run()
    for name in ("one", "two"):
        world.put(name, TORN, path=f"{name}.pdf")
    world.put("three", prose(3, 8))
    world.export()
    assert world.run(run := world.name())["discover"]["added"] == 3
    assert receipt(world, run)["counts"]["unreadable"] == 2


def test_what_a_prefix_skips_is_listed_by_suffix(world: World, messages: list[str]) -> None:
    for name in ("manifest.jsonl", "logo.png", "photo.PNG", "data.bin", "LICENSE"):
        (world.folder / f"objects/docs/{name}").write_bytes(b"x")
    (world.folder / "objects/docs/manifest.jsonl").unlink()
    world.settings["SOURCE"] = "s3://docs/"
    results = world.run(run := world.name())
    skipped = {".bin": 1, ".png": 2, "no suffix": 1}
    assert (results["discover"]["documents"], results["discover"]["skipped"]) == (5, skipped)
    assert receipt(world, run)["results"]["skipped"] == skipped
    assert messages[-1].endswith("\nno reader reads 1 of .bin, 2 of .png, 1 of no suffix")
