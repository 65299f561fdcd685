"""What was lost or left behind is repaired: after a death at any write, the index equals one built from scratch."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from faults import Fuse, Killed
from in_process import quick, shut
from index import stores
from world import DIMENSION, World, change_documents, prose


def test_a_store_that_lost_its_data_is_filled_again(world: World, right) -> None:
    world.run()
    shut()
    shutil.rmtree(world.folder / "qdrant")
    assert world.run()["discover"]["repaired"] == 5
    right(world)


def test_points_that_someone_deleted_or_added_are_made_good(world: World, right) -> None:
    world.run()
    store = stores.open_store(world.settings["STORE_URL"], {"engine": "qdrant"})
    live = store.live("team_search")
    some = sorted(world_point.id for world_point in store.points(live))[:2]
    store.delete(live, some)
    stranger = "00000000-0000-4000-8000-000000000000"
    store.upsert(live, [stranger], np.ones((1, DIMENSION), np.float32), [{"document": "stranger", "metadata": "{}"}])
    results = world.run()
    assert results["discover"]["repaired"] >= 1
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
        live = store.live("team_search")
        store.delete(live, sorted(point.id for point in store.points(live))[::2])
    world.run()
    right(world)


CHANGES: dict[str, Callable[[World], None]] = {
    "first build": lambda world: None,
    "changes": change_documents,
    "another model": lambda world: (change_documents(world), world.model("b"))[0],
}


AGAIN = ["same run", "next run", "next run, source changed"]


def began(folder: Path, change: str) -> World:
    """Return a world in which the change is about to be indexed."""
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
    """Return whether a write of that name can happen by half."""
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
