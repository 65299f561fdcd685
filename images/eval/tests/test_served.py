"""A server beside each pod serves what an alias points to at that moment: two versions never become one score."""

from typing import Any

import pytest
from asking import QUICK, questions
from stub import Stub
from world import World

REFUSED = "answered by docs/1 and by docs/2: the alias moved during the run; start a new run"


@pytest.fixture
def shards(world: World) -> World:
    """A dataset of two shards, and an endpoint that is served beside the asking."""
    world.dataset(questions(4))
    world.set(
        METRICS="exact_match", SIZING={"shard_samples": 2}, ENDPOINT=QUICK | {"serving": "weights", "wait_seconds": 5}
    )
    world.load()
    return world


def ask(world: World, stub: Stub, served: str, shard: int, code: int = 0) -> Any:
    stub.serves = served
    world.set(ENDPOINT_URL=stub.url)
    return world.run("infer", "--shard", str(shard), code=code)[-1].get("message")


def receipt(world: World, status: str) -> dict[str, Any]:
    world.set(STATUS=status, FAILURES="[]")
    world.run("finish")
    return dict(world.json("s3://dac-artifacts/team-docs/answers/receipts/answers-1.json"))


def test_the_version_that_answered_every_shard_is_named(shards: World) -> None:
    with Stub() as stub:
        ask(shards, stub, "docs/1", 0)
        ask(shards, stub, "docs/1", 1)
    shards.run("score")
    assert shards.json(f"{shards.root}/scorecard.json")["model"] == "docs/1"
    assert receipt(shards, "Succeeded")["inputs"]["model"] == "docs/1"


def test_shards_that_two_versions_answered_are_not_scored(shards: World) -> None:
    with Stub() as stub:
        ask(shards, stub, "docs/1", 0)
        ask(shards, stub, "docs/2", 1)
    assert shards.run("score", code=65)[-1]["message"] == REFUSED
    assert not shards.path(f"{shards.root}/scorecard.json").exists()
    assert receipt(shards, "Failed")["inputs"]["model"] == REFUSED


def test_a_shard_that_one_version_began_is_not_asked_of_another(shards: World) -> None:
    with Stub() as stub:
        ask(shards, stub, "docs/1", 0)
        asked = dict(stub.asked)
        assert ask(shards, stub, "docs/2", 0, code=65) == REFUSED
    assert stub.asked == asked
    assert shards.json(f"{shards.root}/served/0.json") == {"version": 1, "name": "docs/1"}
