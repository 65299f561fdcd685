"""Documents without text, unreadable or gone are named on every run, and keep their last good version."""

from __future__ import annotations

import pytest
from documents import pdf
from faults import Fuse, Killed
from index import findings
from receipts import receipt
from runtime import addresses, notify, objects
from runtime.errors import InputError
from world import World, difference, prose

WHOLE = pdf(["words of the one page, quite a few of them"]).decode()
TORN = WHOLE[:200]


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Gather what the team's channel is sent."""
    sent: list[str] = []
    monkeypatch.setattr(notify, "slack", lambda text: bool(sent.append(text)) or True)
    return sent


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


def test_what_the_store_does_not_give_us_is_left_for_the_next_run_and_stops_no_other(world: World, right) -> None:
    """An object that is not ours to read, or whose place a folder has taken."""
    for number in range(20):
        world.put(f"more-{number}", prose(60 + number, 8))
    world.export()
    world.run()
    before = world.index()
    world.put("more-3", text := prose(91, 20))
    world.put("more-4", prose(92, 9))
    world.export()
    (file := world.folder / "objects/docs/more-3.txt").unlink()
    file.mkdir()
    world.run(run := world.name())
    (finding,) = receipt(world, run)["results"]["missing"]
    assert finding == {
        "document": "more-3",
        "why": "s3://docs/more-3.txt: cannot be read: Is a directory",
        "kept": True,
    }
    assert len(world.index().keys() & before.keys()) >= len(before) - 1
    file.rmdir()
    file.write_text(text)
    world.run()
    right(world)


def test_an_address_that_nothing_can_lie_at_is_one_documents_affair(world: World, right) -> None:
    """A key of S3 may have a part `..`; there it is another key, and in a folder another folder's file."""
    world.put("odd", "one two", path="odd.txt")
    world.export()
    file = world.folder / "objects/docs/manifest.jsonl"
    file.write_bytes(file.read_bytes().replace(b"s3://docs/odd.txt", b"s3://docs/a/../odd.txt"))
    world.run(run := world.name())
    (finding,) = receipt(world, run)["results"]["unreadable"]
    assert finding["document"] == "odd"
    assert finding["why"] == "s3://docs/a/../odd.txt: an address must not contain '..'"
    del world.documents["odd"]
    right(world)


def test_a_refusal_of_one_object_is_told_from_a_wrong_address() -> None:
    why = "s3://a/b: cannot be read: the store refuses our credentials"
    with pytest.raises(addresses.Refused, match=why), addresses.reaching("s3://a/b", "read"):
        raise PermissionError("Forbidden")
    with pytest.raises(InputError) as raised:
        objects.read("s3://a/../b")
    assert not isinstance(raised.value, addresses.Refused)


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
