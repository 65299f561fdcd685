"""infer against an endpoint that misbehaves; what counts is counted by the endpoint."""

import asyncio
import time
from typing import Any

import orjson
import pytest
from aiohttp import web
from evaluation import answers
from evaluation.client import Client, Endpoint
from evaluation.limiter import Limiter
from runtime import objects
from stub import Stub
from world import World

SAMPLES = 300
QUICK = {
    "name": "docs",
    "api": "chat",
    "model": "m",
    "concurrency": 32,
    "request_seconds": 30,  # a busy machine is no fault of the endpoint's
    "backoff": 0.02,
    "give_up": 8,
}


def questions(count: int = SAMPLES) -> list[dict[str, Any]]:
    return [{"id": f"q{n}", "prompt": f"say w{n}", "references": [f"w{n}"]} for n in range(count)]


def prepare(world: World, url: str, count: int = SAMPLES, **facts: Any) -> None:
    world.dataset(questions(count))
    world.set(METRICS="exact_match", SIZING={"shard_samples": 1000}, ENDPOINT=QUICK | facts, ENDPOINT_URL=url)
    world.load()


def recorded(world: World) -> dict[str, dict[str, Any]]:
    """Every record, and none twice."""
    records = list(answers.read(answers.folder(world.root, 0)))
    parts = objects.listing(answers.folder(world.root, 0))
    lines = sum(len(list(objects.lines(part))) for part in parts)
    assert lines == len(records) == len({record["id"] for record in records})
    return {record["id"]: record for record in records}


def all_right(world: World, count: int = SAMPLES) -> bool:
    records = recorded(world)
    return {key: record.get("text") for key, record in records.items()} == {f"q{n}": f"w{n}" for n in range(count)}


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


def test_a_whole_minute_of_429_spends_few_requests_and_loses_no_sample(world: World) -> None:
    """In its full length, and with the waits of a run: what is asked meanwhile is what Retry-After lets be asked."""

    async def busy(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
        if count == 1:
            stub.began = time.monotonic()
        if time.monotonic() - stub.began < 60:
            return web.Response(status=429, headers={"Retry-After": "5"}, text="busy")
        return None

    with Stub(busy) as stub:
        prepare(world, stub.url)
        world.set(ENDPOINT={"name": "docs", "api": "chat", "model": "m", "concurrency": 32})
        world.run("infer", "--shard", "0")
    assert all_right(world)
    assert set(stub.answered.values()) == {1}
    part = world.json(f"{world.root}/steps/infer-0.json")["facts"]
    refused = stub.asked.total() - SAMPLES
    assert (part["answered"], part["failed"], part["faults"]) == (SAMPLES, 0, {"HTTP 429": refused})
    assert refused <= 8 + 4 + 2 + 12  # the first crowd, its halvings, then one every five seconds


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
        told = world.run("infer", "--shard", "0", code=65)[-1]["message"]
        used = sum(record["input_tokens"] + record["output_tokens"] for record in recorded(world).values())
        assert told.startswith("token limit: the next request could pass 1,000 tokens (")
        assert 800 <= used <= 1000
        world.set(SIZING={"max_tokens": 100, "cost_limit": 0.001, "shard_samples": 1000})
        world.set(ENDPOINT=QUICK | {"price": {"input": 1.0, "output": 2.0}})
        told = world.run("infer", "--shard", "0", code=65)[-1]["message"]
        assert told.startswith("cost limit: the next request could pass 0.001 (0.00")


def test_a_server_that_is_still_starting_is_waited_for(world: World) -> None:
    world.dataset(questions(2))
    world.set(METRICS="exact_match", ENDPOINT=QUICK | {"wait_seconds": 0.3}, ENDPOINT_URL="http://127.0.0.1:9")
    world.load()
    told = world.run("infer", "--shard", "0", code=75)[-1]["message"]
    assert told == "endpoint docs at http://127.0.0.1:9: did not start within 0.3 s; last error: ClientConnectorError"


def test_an_endpoint_without_an_address(world: World) -> None:
    prepare(world, "")
    told = world.run("infer", "--shard", "0", code=65)[-1]["message"]
    assert told == "model docs: no address; add model-docs to the ConfigMap `endpoints`"


async def refuse_the_seventh(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
    return web.Response(status=429) if stub.active > 6 else None


async def hang_on_the_seventh(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
    if stub.active > 6:
        await asyncio.sleep(0.4)
    return None


@pytest.mark.parametrize(
    ("fault", "reason", "samples"),
    [(refuse_the_seventh, "HTTP 429", 600), (hang_on_the_seventh, "no answer within 0.2 s", 200)],
)
def test_a_crowded_endpoint_finds_its_share(fault: Any, reason: str, samples: int) -> None:
    """An endpoint that bears 6 at once, and refuses or keeps waiting the rest, ends up near 6 and answers all."""

    async def ask(stub: Stub) -> tuple[int, dict[str, int]]:
        reach = Endpoint(
            name="e", url=stub.url, api="completions", concurrency=64, backoff=0.02, request_seconds=0.2, attempts=1000
        )
        async with Client(reach) as client:
            async with asyncio.TaskGroup() as group:
                for n in range(samples):
                    group.create_task(client.ask(str(n), {"prompt": f"w{n}"}))
            return int(client.limiter.limit), client.faults

    with Stub(fault, delay=0.01) as stub:
        limit, faults = asyncio.run(ask(stub))
    assert len(stub.answered) == samples
    assert limit <= 12
    assert 0 < faults[reason] < samples


def test_waits_between_tries_double_to_a_ceiling_and_are_drawn_at_random() -> None:
    """Full jitter: a crowd that failed together does not come back together."""

    class Chance:
        def __init__(self) -> None:
            self.drawn: list[tuple[float, float]] = []

        def uniform(self, low: float, high: float) -> float:
            self.drawn.append((low, high))
            return 0.0

    async def fail(stub: Stub, request: web.Request, key: str, count: int) -> web.Response:
        return web.Response(status=500)

    async def ask(stub: Stub) -> Any:
        async with Client(Endpoint(name="e", url=stub.url, api="chat", attempts=8)) as client:
            client._random = chance  # type: ignore[assignment]
            return await client.ask("k", {})

    chance = Chance()
    with Stub(fail) as stub:
        assert asyncio.run(ask(stub)).error == "HTTP 500"
    assert chance.drawn == [(0, 0.5), (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (0, 20)]


def test_the_limiter_halves_once_a_round_and_never_below_one() -> None:
    limiter = Limiter(64)
    for _ in range(40):
        limiter.succeeded()
    assert limiter.limit == 48
    began = time.monotonic()
    for _ in range(48):
        limiter.overloaded(began)
    assert limiter.limit == 24
    for _ in range(10):
        limiter.overloaded(time.monotonic() + 1)
    assert limiter.limit == 1
    limiter.succeeded()
    assert limiter.limit == 2


def test_an_object_store_gets_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers.objects, "is_folder", lambda address: False)
    monkeypatch.setattr(answers.objects, "write", lambda address, data: parts.append((address, data)))
    parts: list[tuple[str, bytes]] = []
    with answers.Journal("s3://b/answers/0") as journal:
        for n in range(450):
            journal.append(answers.record(f"q{n}", text="x"))
    assert [len(data.splitlines()) for _, data in parts] == [200, 200, 50]
    assert parts[2][0] == "s3://b/answers/0/00002.jsonl"
    assert orjson.loads(parts[0][1].splitlines()[0]) == {"version": 1, "id": "q0", "text": "x"}
