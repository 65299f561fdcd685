"""Several sources make one index: no document of one is taken for another's, and a first source stays as it was."""

from __future__ import annotations

import re

import pytest
import search
from index import ledger, sources
from receipts import receipt
from runtime import objects
from runtime.errors import InputError
from world import World

OTHER = "s3://docs/other.jsonl"


def add_source(world: World, name: str = "handbook", documents: int = 5) -> None:
    """Give the world a second source, of the same documents under the same ids."""
    file = world.folder / "objects/docs/manifest.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)[:documents]
    (file.parent / "other.jsonl").write_bytes(b"".join(lines))
    world.settings["SOURCES"] = f"main=s3://docs/manifest.jsonl,{name}={OTHER}"


def documents(world: World) -> set[str]:
    """Return the documents that readers find."""
    return {payload["document"] for _, payload in world.index().values()}


def test_one_source_called_main_is_the_source_without_a_name(world: World, right) -> None:
    """Else a migration would embed every document anew."""
    world.run()
    before = world.index().keys()
    world.settings["SOURCES"] = f"main={world.settings.pop('SOURCE')}"
    results = world.run()
    assert (results["discover"]["unchanged"], results["discover"]["shards"]) == (5, 0)
    assert (results["upsert"]["written"], results["upsert"]["deleted"]) == (0, 0)
    assert world.index().keys() == before
    right(world)


def test_equal_ids_of_two_sources_are_two_documents(world: World) -> None:
    world.run()
    add_source(world)
    counts = world.run()["discover"]
    assert (counts["added"], counts["unchanged"]) == (5, 5)
    assert documents(world) == {*(f"doc-{n}" for n in range(5)), *(f"handbook:doc-{n}" for n in range(5))}


def test_a_source_that_is_decided_away_takes_its_documents_with_it(world: World, right) -> None:
    add_source(world)
    world.run()
    world.settings["SOURCES"] = "main=s3://docs/manifest.jsonl"
    assert world.run()["discover"]["removed"] == 5
    right(world)


def test_one_source_that_lost_its_documents_stops_though_all_together_lost_few(world: World) -> None:
    world.settings["SIZING"] = world.settings["SIZING"].replace('"max_loss":1.0', '"max_loss":0.2')
    add_source(world, documents=1)
    world.run()
    (world.folder / "objects/docs/other.jsonl").write_bytes(b"")
    message = f"{OTHER} lost 1 of 1 document since the last run, more than the 20% that one run may delete"
    with pytest.raises(InputError, match=re.escape(message)):
        world.run()


def test_documents_of_a_removed_source_are_no_loss_of_main(world: World) -> None:
    """It lost one document of seven; `main` has one, and lost none."""
    world.settings["SIZING"] = world.settings["SIZING"].replace('"max_loss":1.0', '"max_loss":0.2')
    add_source(world, documents=1)
    kept = f"main={OTHER},large=s3://docs/manifest.jsonl"
    world.settings["SOURCES"] = f"{kept},former={OTHER}"
    world.run()
    world.settings["SOURCES"] = kept
    assert world.run()["discover"]["removed"] == 1


def test_a_document_of_main_called_like_one_of_another_source_is_refused(world: World) -> None:
    world.put("handbook:doc-0", "text of its own")
    world.export()
    add_source(world)
    message = (
        "the source cannot be read: s3://docs/manifest.jsonl: document 'handbook:doc-0' is called like one of the "
        "source 'handbook'; rename the document or that source"
    )
    with pytest.raises(InputError, match=re.escape(message)):
        world.run()


def test_the_receipt_names_every_source(world: World) -> None:
    add_source(world)
    world.run("named")
    assert receipt(world, "named")["inputs"]["dataset"]["source"] == world.settings["SOURCES"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s3://docs/manifest.jsonl", "holds 's3://docs/manifest.jsonl', which is not name=address"),
        ("main=docs/site", "holds 'main=docs/site', which is not name=address"),
        ("a=s3://docs/a,a=s3://docs/b", "names 'a' twice"),
    ],
)
def test_what_cannot_be_read_is_refused_and_still_told(world: World, text: str, message: str) -> None:
    world.settings["SOURCES"] = text
    with world.environment("refused"):
        with pytest.raises(InputError, match=re.escape(f"environment: SOURCES {message}")):
            sources.configured()
        assert sources.described() == text.removeprefix("main=")


def test_a_hit_names_its_source_also_where_an_id_has_a_colon(world: World) -> None:
    """`urn:...` is an id of `main`, and no source `urn`."""
    world.put("urn:doc", "text of its own")
    world.export()
    add_source(world)
    world.run()
    with world.environment("look") as run:
        (committed,) = objects.entries(f"{run.home}/ledger")
        names = ledger.source_names(committed.address)
    assert names == ("main", "handbook")
    assert [sources.of(document, names) for document in ("urn:doc", "doc-0", "handbook:doc-0")] == [
        "main",
        "main",
        "handbook",
    ]


def test_several_sources_are_named_on_the_lines_of_a_search() -> None:
    hit = {"score": 0.5, "heading": "", "title": "Loops", "similar": [], "metadata": {}}
    hits = [{**hit, "source": "main", "document": "for"}, {**hit, "source": "handbook", "document": "handbook:for"}]
    assert search._lines({"hits": hits, "notes": []}).splitlines() == [
        f"0.500  main      {'for':<24}  Loops",
        f"0.500  handbook  {'handbook:for':<24}  Loops",
    ]
