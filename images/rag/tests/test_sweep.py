"""A pipeline that is gone goes with its collections and its alias; so do collections in a store that it has left."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import sweep
from faults import Fuse, Killed, going_wrong
from in_process import quick
from index import stores
from runtime.errors import InputError, TryAgain
from runtime.retention.item import Living
from world import World, prose

DAY, NOW = 86400.0, time.time()
DAYS = {"runs": 30, "checkpoints": 14, "receipts": 400, "tokens": 60, "logs": 90, "models": 180, "gone": 90}
RETENTION = orjson.dumps({"days": DAYS, "most_gone": 0.5}).decode()
GONE = Living({"team": {}})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a pipeline that has published, of which a receipt says in which store."""
    with quick(waits=True):
        made = World(tmp_path)
        made.put("doc", prose(1, 10))
        made.export()
        made.run()
        yield made


def swept(world: World, living: Living, now: float, other: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Sweep, and return what was deleted, counted."""
    facts = other or {"qdrant": {**orjson.loads(world.settings["STORE"]), "url": world.settings["STORE_URL"]}}
    with world.environment(f"sweep-{int(now)}", STORES=orjson.dumps(facts).decode(), RETENTION=RETENTION):
        counts = dict(sweep.sweep(lambda _: living, True, now)["counts"])
    return {what: number for what, number in counts.items() if "deleted" in what}


def ends(world: World) -> tuple[list[str], str | None, bool]:
    """Return what is left: collections, what the alias leads to, whether the pipeline's folder is there."""
    with world.store() as store:
        home = world.folder / "objects/artifacts/team/search"
        return world.collections(), store.live(world.alias), any(f.is_file() for f in home.rglob("*"))


def test_a_pipeline_goes_whole_once_it_was_missed_for_its_days(world: World) -> None:
    """Not a day before, and not while its last run goes on."""
    held = ends(world)
    swept(world, GONE, NOW)
    swept(world, replace(GONE, in_flight={"team": frozenset({"search"})}), NOW + 100 * DAY)
    swept(world, GONE, NOW + 90 * DAY)
    assert ends(world) == held
    assert swept(world, GONE, NOW + 91 * DAY) == {"collection: deleted": 1, "pipeline: deleted": 1}
    assert ends(world) == ([], None, False)


def test_a_death_at_any_write_is_made_good_by_the_next_sweep(world: World) -> None:
    """The collections go first: what is left of the folder says where they were."""
    swept(world, GONE, NOW)
    copy = world.folder.parent / "copy"
    shutil.copytree(world.folder / "objects", copy, symlinks=True)
    for write in itertools.count():
        with going_wrong(Fuse(write, half=True)) as fuse, contextlib.suppress(Killed):
            swept(world, GONE, NOW + 100 * DAY)
        if not fuse.struck:
            break
        swept(world, GONE, NOW + 101 * DAY)
        assert ends(world) == ([], None, False), f"after a death at write {write}: {fuse.names[-1]}"
        shutil.rmtree(world.folder / "objects/artifacts")
        shutil.copytree(copy / "artifacts", world.folder / "objects/artifacts")
        world.run()
    assert write > 4, fuse.names


def test_a_former_store_is_emptied_once_the_new_one_has_published(world: World) -> None:
    """Readers may be in the former one until then, and can go back there for as long as things gone are kept."""
    former = world.collections()
    new = {"engine": "qdrant", "distance": "cosine", "secret": "new", "url": f"file://{world.folder}/new"}
    facts = {"old": {**orjson.loads(world.settings["STORE"]), "url": world.settings["STORE_URL"]}, "new": new}
    moved = Living({"team": {"search": "new"}})
    counts = swept(world, moved, NOW + 900 * DAY, facts)
    assert "collection: deleted" not in counts, "nothing was published there"
    old = dict(world.settings)
    world.settings |= {"STORE": orjson.dumps(facts["new"]).decode(), "STORE_URL": str(facts["new"]["url"])}
    world.run()
    assert "collection: deleted" not in swept(world, moved, NOW + 89 * DAY, facts)
    assert swept(world, moved, NOW + 91 * DAY, facts).get("collection: deleted") == 1
    assert world.collections() == former, "the same documents have the same name in the new one"
    world.settings |= {"STORE": old["STORE"], "STORE_URL": old["STORE_URL"]}
    assert world.collections() == []


def test_a_store_that_is_away_keeps_the_folder_and_fails_the_sweep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody would know where the collections are."""
    held = ends(world)

    def away(*_: Any) -> Any:
        raise TryAgain("qdrant did not answer")

    with monkeypatch.context() as patched:
        patched.setattr(stores, "open_store", away)
        for now in (NOW, NOW + 100 * DAY):
            with pytest.raises(TryAgain, match="0 could not be deleted, 1 could not be read"):
                swept(world, GONE, now)
    assert ends(world) == held


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pipelines": 3}', '{"pipelines": {}, "runs": []}'])
def test_a_file_that_does_not_say_what_lives_is_refused(tmp_path: Path, text: str) -> None:
    """Nothing is taken for gone because a file is empty."""
    (tmp_path / "living.json").write_text(text)
    with pytest.raises(InputError, match=r"living.json: does not say what lives"):
        sweep.living_in(tmp_path / "living.json")("")
