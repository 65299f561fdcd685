"""An endpoint that is busy for a whole minute, and infer, which waits for it beside the tests that run meanwhile."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from asking import prepare
from stub import Stub
from world import World

SECONDS = 60


async def busy(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
    if time.monotonic() - stub.began < SECONDS:
        return web.Response(status=429, headers={"Retry-After": "5"}, text="busy")
    return None


@dataclass(frozen=True)
class BusyMinute:
    """A run of infer against such an endpoint.

    Attributes:
        stub: the endpoint.
        process: infer.
        folder: of its world.
    """

    stub: Stub
    process: subprocess.Popen[str]
    folder: Path


@contextmanager
def started(folder: Path) -> Iterator[BusyMinute]:
    """Start infer, and leave it to itself."""
    with Stub(busy) as stub:
        with pytest.MonkeyPatch.context() as patch:
            world = World(folder, patch)
            prepare(world, stub.url)
            world.set(ENDPOINT={"name": "docs", "api": "chat", "model": "m", "concurrency": 32})
            process = world.start("infer", "--shard", "0")
            stub.began = time.monotonic()
        with process:
            yield BusyMinute(stub, process, folder)
            process.kill()
