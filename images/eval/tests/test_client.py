"""How the client paces itself: its share of a crowded endpoint, waits between tries, parts of the journal."""

import asyncio
import time
from typing import Any

import orjson
import pytest
from aiohttp import web
from evaluation import answers
from evaluation.client import Client
from evaluation.endpoint import Endpoint
from evaluation.limiter import Limiter
from stub import Stub
from world import World


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
    monkeypatch.setattr(answers.addresses, "is_folder", lambda address: False)
    monkeypatch.setattr(answers.objects, "write", lambda address, data: parts.append((address, data)))
    parts: list[tuple[str, bytes]] = []
    with answers.Journal("s3://b/answers/0") as journal:
        for n in range(450):
            journal.append(answers.record(f"q{n}", text="x"))
    assert [len(data.splitlines()) for _, data in parts] == [200, 200, 50]
    assert parts[2][0] == "s3://b/answers/0/00002.jsonl"
    assert orjson.loads(parts[0][1].splitlines()[0]) == {"version": 1, "id": "q0", "text": "x"}
