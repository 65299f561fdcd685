"""infer where it must end: faults for good, limits, and what a retry asks after that."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from asking import QUICK, all_right, prepare, questions, recorded
from evaluation import answers
from stub import Stub
from world import World


def ends(world: World, fault: Any, code: int, **facts: Any) -> str:
    """Runs infer against a fault for good and returns the reason with which it ends."""
    with Stub(fault) as stub:
        prepare(world, stub.url, 100, **{"give_up": 1, "attempts": 1000} | facts)
        return str(world.run("infer", "--shard", "0", code=code)[-1]["message"]).replace(stub.url, "URL")


async def refuse(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
    return web.Response(status=404, text="no model m")


async def deny(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
    return web.Response(status=401, text="who are you?")


async def sleep(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
    await asyncio.sleep(60)
    return None


async def always_wrong(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
    return web.Response(text="<html>")


async def always_busy(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
    return web.Response(status=429)


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        (refuse, 65, "endpoint docs: refused 20 requests in a row, last error: HTTP 404: no model m; check the "
                     "catalog's `model` and `api` of this endpoint"),
        (deny, 65, "endpoint docs: HTTP 401: the endpoint refused the credentials; check the Secret that holds its "
                   "token: who are you?"),
        (sleep, 75, "last error: no answer within 0.3 s"),
        (always_wrong, 75, "last error: the reply is not JSON"),
        (always_busy, 75, "last error: HTTP 429"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)  # fmt: skip
def test_a_fault_for_good_ends_the_step_with_its_reason(world: World, fault: Any, code: int, reason: str) -> None:
    assert reason in ends(world, fault, code, request_seconds=0.3 if fault is sleep else 30)


def test_an_endpoint_that_dies_leaves_what_it_answered_and_a_retry_asks_the_rest(world: World) -> None:
    with Stub() as stub:
        prepare(world, stub.url)

        async def die(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
            if count <= 120:
                return None
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        stub._fault = die
        world.set(ENDPOINT=QUICK | {"give_up": 1, "attempts": 1000})
        last = world.run("infer", "--shard", "0", code=75)[-1]["message"]
        assert "last error: connection: ServerDisconnectedError; the answers so far are kept" in last
        assert len(recorded(world)) == 120
        stub._fault = None
        world.run("infer", "--shard", "0")
    assert all_right(world)
    assert set(stub.answered.values()) == {1}


def test_a_torn_line_is_asked_again(world: World) -> None:
    with Stub() as stub:
        prepare(world, stub.url, 3)
        world.answers([{"id": "q0", "text": "w0"}])
        part = world.path(f"{world.root}/answers/0/00000.jsonl")
        part.write_bytes(part.read_bytes() + b'{"version":1,"id":"q1","te')
        world.run("infer", "--shard", "0")
    assert sorted(stub.asked) == ["uid-1/q1", "uid-1/q2"]
    assert {record["id"] for record in answers.read(answers.folder(world.root, 0))} == {"q0", "q1", "q2"}


def test_limits_stop_before_they_are_passed(world: World) -> None:
    with Stub() as stub:
        prepare(world, stub.url, concurrency=1)
        world.set(SIZING={"max_tokens": 100, "token_limit": 1000, "shard_samples": 1000})
        message = world.run("infer", "--shard", "0", code=65)[-1]["message"]
        used = sum(record["input_tokens"] + record["output_tokens"] for record in recorded(world).values())
        assert message.startswith("token limit: the next request could exceed 1,000 tokens (")
        assert 800 <= used <= 1000
        world.set(SIZING={"max_tokens": 100, "cost_limit": 0.001, "shard_samples": 1000})
        world.set(ENDPOINT=QUICK | {"price": {"input": 1.0, "output": 2.0}})
        message = world.run("infer", "--shard", "0", code=65)[-1]["message"]
        assert message.startswith("cost limit: the next request could exceed 0.001 (0.00")


@pytest.mark.parametrize(
    ("reply", "lost"),
    [
        ("<html>busy</html>", (3, 100)),
        ('{"choices": []}', (3, 100)),
        ("[]", (3, 100)),
        ('{"choices": [], "usage": null}', (3, 100)),
        ('{"choices": [], "usage": [7]}', (3, 100)),
        ('{"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 40}}', (7, 40)),
        ('{"choices": [], "usage": {"prompt_tokens": true, "completion_tokens": -1}}', (3, 100)),
    ],
)
def test_answers_that_were_lost_count_as_what_they_used_or_could_have(
    world: World, reply: str, lost: tuple[int, int]
) -> None:
    async def spoil(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
        return web.Response(text=reply) if key.endswith("/q0") else None

    with Stub(spoil) as stub:
        prepare(world, stub.url, 2, concurrency=1, attempts=3)
        world.set(SIZING={"max_tokens": 100, "token_limit": 10_000, "shard_samples": 1000})
        result = world.run("infer", "--shard", "0")[-1]
        again = world.run("infer", "--shard", "0")[-1]  # what was recorded counts after a restart too
    record = recorded(world)["q0"]
    assert (record["lost_input_tokens"], record["lost_output_tokens"]) == (3 * lost[0], 3 * lost[1])
    used = {"input_tokens": 3 * lost[0] + 10, "output_tokens": 3 * lost[1] + 1}
    assert all({name: each[name] for name in used} == used for each in (result, again))


@pytest.mark.parametrize("status", [400, 413, 429, 500, 503])
def test_what_was_refused_costs_nothing(world: World, status: int) -> None:
    async def refuse(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
        return web.Response(status=status, text="no") if stub.asked[key] < 3 else None

    with Stub(refuse) as stub:
        prepare(world, stub.url, 2, concurrency=1)
        result = world.run("infer", "--shard", "0")[-1]
    assert (result["input_tokens"], result["output_tokens"]) == (10 * result["answered"], result["answered"])


def test_no_request_is_repeated_beyond_a_limit(world: World) -> None:
    async def spoil(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
        return web.Response(text="<html>busy</html>")

    with Stub(spoil) as stub:
        prepare(world, stub.url, 50, concurrency=1, attempts=100)
        world.set(SIZING={"max_tokens": 100, "token_limit": 1000, "shard_samples": 1000})
        message = world.run("infer", "--shard", "0", code=65)[-1]["message"]
    assert message.startswith("token limit: the next request could exceed 1,000 tokens (927 used)")
    assert sum(stub.asked.values()) == 9  # of 103 tokens each


def test_a_server_that_is_still_starting_is_waited_for(world: World) -> None:
    world.dataset(questions(2))
    world.set(METRICS="exact_match", ENDPOINT=QUICK | {"wait_seconds": 0.3}, ENDPOINT_URL="http://127.0.0.1:9")
    world.load()
    message = world.run("infer", "--shard", "0", code=75)[-1]["message"]
    assert (
        message == "endpoint docs at http://127.0.0.1:9: did not start within 0.3 s; last error: ClientConnectorError"
    )


def test_an_endpoint_without_an_address(world: World) -> None:
    prepare(world, "")
    message = world.run("infer", "--shard", "0", code=65)[-1]["message"]
    assert message == "model docs: no address; add model-docs to the ConfigMap `endpoints`"
