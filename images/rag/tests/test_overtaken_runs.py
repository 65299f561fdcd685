"""Two runs at once: the later one takes over, and the earlier one stops and leaves nothing wrong behind."""

from __future__ import annotations

import contextlib

import pytest
import upsert
from faults import Meanwhile
from index import plan
from runtime import objects
from runtime.errors import InputError, TryAgain
from schemas import fits
from world import World, change_documents, prose


def test_two_runs_at_once_end_in_the_right_index(world: World, right) -> None:
    """The second takes over; the first, in the middle of its steps, stops by itself."""
    world.run()
    change_documents(world)
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


@pytest.mark.parametrize(("version", "error"), [(1, None), (2, TryAgain), (3, InputError)])
def test_who_owns_the_index_is_read_one_version_back(world: World, version: int, error: type[Exception] | None) -> None:
    """Version 1 said the same. Of a later release's the version is refused by name, and the next run takes over."""
    with world.environment("run-1") as run:
        owner = {"version": version, "run": "run-1" if error is None else "run-2"}
        objects.write_json(f"{run.home}/owner.json", owner)
        with pytest.raises(error) if error else contextlib.nullcontext():
            plan.guard(run)
        plan.own(run)
        fits("owner", objects.read_json(f"{run.home}/owner.json"))


def test_a_run_that_is_overtaken_in_its_writes_leaves_nothing_behind(world: World, right) -> None:
    """It writes once more after the other has looked for intents; the run after that makes it good."""
    world.run()
    change_documents(world)
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
    change_documents(world)

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
