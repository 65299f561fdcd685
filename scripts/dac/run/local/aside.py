"""Work beside the loop that may take long, and that is given up when its pod is ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

_T = TypeVar("_T")


class GivenUp(Exception):
    """The work goes on by itself, and nobody waits for it any more."""


async def aside(work: Callable[[], _T], over: asyncio.Event) -> _T:
    """Do work in a thread of its own: nothing can end one that reads, and a daemon's keeps no command from exiting.

    Args:
        work: what to do.
        over: set when nobody waits any more.

    Returns:
        What the work returns.

    Raises:
        GivenUp: It was over before the work was done.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def settle(settled: Callable[[], None]) -> None:
        if not done.done():
            settled()

    def run() -> None:
        try:
            settled = partial(done.set_result, work())
        except Exception as error:
            settled = partial(done.set_exception, error)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, settled)

    threading.Thread(target=run, daemon=True).start()
    ended = asyncio.ensure_future(over.wait())
    either: list[asyncio.Future[Any]] = [done, ended]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    if done.done():
        return done.result()
    done.cancel()
    raise GivenUp
