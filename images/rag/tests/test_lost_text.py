"""Text that a source loses is seen before readers lose it."""

from __future__ import annotations

import re

import pytest
from index import ledger
from receipts import receipt
from runtime.errors import InputError
from world import World, difference, prose


@pytest.fixture
def guarded(world: World) -> World:
    """A pipeline whose runs may take a fifth of the text from readers."""
    world.settings["SIZING"] = world.settings["SIZING"].replace('"max_loss":1.0', '"max_loss":0.2')
    return world


def write(guarded: World, numbers: range, words: int) -> None:
    """Write documents of so many words each, and their manifest."""
    for number in numbers:
        guarded.put(f"doc-{number}", prose(number, words))
    guarded.export()


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
    write(guarded, range(5), 60)
    guarded.run()
    before = guarded.index()
    write(guarded, range(2), 6)
    why = r"would take \d+ of \d+ points from readers \(most of them from 'doc-[01]', 'doc-[01]'\), more than the 20%"
    with pytest.raises(InputError, match=why):
        guarded.run()
    assert difference(guarded.index(), before) == ""
    guarded.settings["LOSS"] = "allowed"
    guarded.run()
    right(guarded)


def test_documents_of_one_chunk_that_shrink_are_stopped(guarded: World, right) -> None:
    """An exporter that writes their titles alone: as many documents and points as before."""
    write(guarded, range(5), 8)
    guarded.run()
    before = guarded.index()
    write(guarded, range(5), 2)
    why = r"would take \d+ of \d+ characters from readers \(most of them from 'doc-\d', .* and 2 more\), more than"
    with pytest.raises(InputError, match=why):
        guarded.run()
    assert difference(guarded.index(), before) == ""
    write(guarded, range(1, 5), 8)
    guarded.run()
    right(guarded)


def test_a_ledger_without_characters_is_compared_by_points(
    guarded: World, monkeypatch: pytest.MonkeyPatch, right
) -> None:
    write(guarded, range(5), 8)
    with monkeypatch.context() as former:
        former.setattr(ledger, "SCHEMA", ledger.SCHEMA.remove(ledger.SCHEMA.get_field_index("characters")))
        guarded.run()
    write(guarded, range(5), 2)
    guarded.run()
    right(guarded)


def test_one_source_whose_documents_are_emptied_stops_though_all_together_lost_few(guarded: World) -> None:
    folder = guarded.folder / "objects/handbook"
    folder.mkdir()
    (folder / "only.txt").write_text(prose(9, 20))
    guarded.settings["SOURCES"] = "main=s3://docs/manifest.jsonl,handbook=s3://handbook"
    guarded.run()
    (folder / "only.txt").write_text(" ")
    why = "would take the text of 1 of 1 document of the source handbook from readers ('handbook:only.txt')"
    with pytest.raises(InputError, match=re.escape(why)):
        guarded.run()


def test_another_chunking_may_have_fewer_points(guarded: World, right) -> None:
    write(guarded, range(5), 60)
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
