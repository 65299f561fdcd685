"""Requests to a store, tried again with backoff where the fault may pass."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar, cast

from runtime.errors import TryAgain

from index.stores.base import StoreError

TRIES = 6  # with the waits between them about twenty seconds, in which a server restarts
_LONGEST = 20.0  # seconds
T = TypeVar("T")


def attempted(
    engine: str,
    call: Callable[[], T],
    faults: tuple[type[Exception], ...],
    lasting: Callable[[Exception], str | None],
    done: Callable[[], bool] | None = None,
) -> T:
    """Return what the call returns, asked up to TRIES times.

    Args:
        faults: what the engine's client raises; any other exception passes through.
        lasting: what to tell of a fault that would come again, None where it may pass.
        done: whether a former try did its work and only its answer was lost; a call that has it returns nothing.

    Raises:
        StoreError: the fault would come again.
        TryAgain: it did not pass.
    """
    for attempt in range(TRIES):
        try:
            return call()
        except faults as error:
            if (message := lasting(error)) is not None:
                if attempt and done and done():
                    return cast(T, None)
                raise StoreError(message) from error
            last = error
        if attempt + 1 < TRIES:
            time.sleep(min(2.0**attempt / 2, _LONGEST) * random.uniform(0.5, 1.0))
    raise TryAgain(f"{engine} does not answer after {TRIES} tries: {_short(last)}") from last


def _short(error: Exception) -> str:
    """Return the fault in one line: clients add advice about their own settings, and some give only their name."""
    text = str(getattr(error, "message", "") or (error.details() if hasattr(error, "details") else "") or error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
