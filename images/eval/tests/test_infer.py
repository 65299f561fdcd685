"""infer against an endpoint that misbehaves for a while; what counts is counted by the endpoint."""

import asyncio
import time
from typing import Any

import pytest
from aiohttp import web
from asking import QUICK, SAMPLES, all_right, prepare, recorded
from stub import Stub
from world import World


def test_a_healthy_endpoint_is_asked_each_sample_once_within_its_limit(world: World) -> None:
    with Stub(delay=0.01) as stub:
        prepare(world, stub.url)
        world.run("infer", "--shard", "0")
        world.run("infer", "--shard", "0")  # started again, it asks nothing
    assert all_right(world)
    assert set(stub.asked.values()) == {1}
    assert len(stub.asked) == SAMPLES
    assert stub.peak <= QUICK["concurrency"]
    assert len(stub.connections) <= QUICK["concurrency"]  # kept alive, and used again


@pytest.mark.parametrize(("api", "path"), [("completions", "prompt"), ("chat", "messages")])
def test_both_apis_of_openai(world: World, api: str, path: str) -> None:
    with Stub() as stub:
        prepare(world, f"{stub.url}/v1", 20, api=api, generation={"stop": ["\n"]})
        world.run("infer", "--shard", "0")
    assert all_right(world, 20)
    assert all(path in body and body["stop"] == ["\n"] and body["temperature"] == 0 for body in stub.bodies)


def test_retrieval(world: World) -> None:
    with Stub(model=lambda body: "doc1+doc2") as stub:
        world.dataset([{"id": "a", "query": "where?", "relevant": ["doc2"]}])
        world.set(METRICS="mrr,recall_at_5", ENDPOINT=QUICK | {"api": "retrieval"}, ENDPOINT_URL=stub.url)
        world.load()
        world.run("infer", "--shard", "0")
        world.run("score")
    card = world.json(f"{world.root}/scorecard.json")
    assert {name: entry["value"] for name, entry in card["metrics"].items()} == {"mrr": 0.5, "recall_at_5": 1.0}


async def busy_at_first(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
    """A minute of 429, scaled to a second from the first request; in full length below."""
    if count == 1:
        stub.began = time.monotonic()
    if time.monotonic() - stub.began < 1.0:
        return web.Response(status=429, headers={"Retry-After": "0.1"}, text="busy")
    return None


async def one_percent(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
    return web.Response(status=500, text="oops") if count % 100 == 7 else None


async def half_a_body(stub: Stub, request: web.Request, key: str, count: int) -> web.StreamResponse | None:
    if stub.asked[key] > 1 or count % 3:
        return None
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"choices": [{"mess')
    assert request.transport is not None
    request.transport.close()
    return response


async def wrong_json(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
    bodies = (b"<html>", b"[1]", b'{"choices": []}', b'{"choices": [{"message": {"content": 7}}]}')
    return web.Response(body=bodies[count % 4]) if stub.asked[key] == 1 and count % 2 else None


async def hang(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
    if stub.asked[key] == 1 and count % 20 == 0:
        await asyncio.sleep(3)
    return None


@pytest.mark.parametrize("fault", [busy_at_first, one_percent, half_a_body, wrong_json, hang], ids=lambda f: f.__name__)
def test_a_passing_fault_loses_no_sample_and_repeats_no_answer(world: World, fault: Any) -> None:
    with Stub(fault) as stub:
        prepare(world, stub.url, request_seconds=0.5 if fault is hang else 30)
        world.run("infer", "--shard", "0")
    assert all_right(world)
    assert set(stub.asked) == {f"uid-1/q{n}" for n in range(SAMPLES)}
    if fault is not hang:  # an answer that came too late was given twice, and recorded once
        assert set(stub.answered.values()) == {1}
    part = world.json(f"{world.root}/steps/infer-0.json")["facts"]
    assert (part["answered"], part["failed"]) == (SAMPLES, 0)
    assert part["faults"]


def test_a_sample_that_always_fails_is_recorded_with_its_reason_and_the_rest_goes_on(world: World) -> None:
    async def poison(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
        if key.endswith("/q3"):
            return web.Response(status=500)
        return web.Response(status=400, text="too long") if key.endswith("/q4") else None

    with Stub(poison) as stub:
        prepare(world, stub.url, 50)
        world.run("infer", "--shard", "0")
        world.run("infer", "--shard", "0")
    records = recorded(world)
    assert records["q3"]["error"] == "HTTP 500"
    assert records["q4"]["error"] == "HTTP 400: too long"
    assert (stub.asked["uid-1/q3"], stub.asked["uid-1/q4"], len(records)) == (5, 1, 50)


@pytest.mark.parametrize("name", ["a\nb", "a\r\nX-Evil: 1", "caf\u00e9 \u5317", "\x00", "50 %", "a/b?c#d"])
def test_an_id_of_any_characters_is_asked_and_answered(world: World, name: str) -> None:
    with Stub() as stub:
        world.dataset([{"id": name, "prompt": "say w", "references": ["w"]}])
        world.set(METRICS="exact_match", ENDPOINT=QUICK, ENDPOINT_URL=stub.url)
        world.load()
        world.run("infer", "--shard", "0")
        world.run("score")
    assert recorded(world)[name]["text"] == "w"
    assert all(key.isascii() and key.isprintable() for key in stub.asked)
