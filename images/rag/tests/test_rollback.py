"""A rollback leads readers to the former index, however often it is tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import rollback
from faults import Fuse, Killed, going_wrong
from in_process import quick
from runtime.errors import InputError
from servers import Address
from world import World, difference, prose


def test_a_rollback_leads_readers_to_the_former_index_and_the_next_run_forward(
    tmp_path: Path, address: Address, right
) -> None:
    token = tmp_path.name.replace("_", "").replace("-", "")[-12:].lower()
    with quick(waits=True):
        world = World(tmp_path, STORE_URL=address.url, STORE=json.dumps(address.facts), PROJECT=f"p{token}")
        for number in range(5):
            world.put(f"doc-{number}", prose(number, 8 + 18 * number))
        world.export()
        _there_and_back(world, right)


def _there_and_back(world: World, right) -> None:
    world.run()
    before = world.index()
    world.model("b")
    world.run()
    with world.environment("back"):
        result = rollback.rollback()
    assert difference(world.index(), before) == ""
    assert result["from"] != result["collection"]
    with world.environment("back"), pytest.raises(InputError, match="was rolled back from: the next run leads forward"):
        rollback.rollback()
    assert difference(world.index(), before) == "", "a second call does not lead back to what the first led away from"
    world.run()
    right(world)


@pytest.mark.parametrize("at", [0, 1])
def test_a_rollback_that_died_goes_on_where_it_was(world: World, at: int) -> None:
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
    world.settings["STORE"] = world.settings["STORE"].replace('"retain":2', '"retain":3')
    results = []
    for revision in "abc":
        world.model(revision)
        results.append(world.run()["publish"])
    with world.environment("run-back"):
        first = rollback.rollback(in_a_run=True)
        assert rollback.rollback(in_a_run=True) == first
    assert (first["index"], first["from"]) == (results[1]["index"], results[2]["collection"])
    with world.environment("run-back-2"):
        assert rollback.rollback(in_a_run=True)["index"] == results[0]["index"], "another run is another wish"


def test_without_a_former_index_there_is_nothing_to_roll_back_to(world: World) -> None:
    world.run()
    with world.environment("back"), pytest.raises(InputError, match="team/search has no former index to go back to"):
        rollback.rollback()
