"""Waiting for an index that a server builds behind what it has stored."""

from __future__ import annotations

import time
from collections.abc import Callable

from runtime.errors import TryAgain

PATIENCE = 300.0  # seconds in which at least one vector must leave the queue
_PAUSE = 0.5  # seconds between two looks


def drained(engine: str, collection: str, left: Callable[[], int]) -> None:
    """Return when nothing is left to index.

    Args:
        left: how many vectors are stored and not indexed yet.

    Raises:
        TryAgain: none left the queue for PATIENCE seconds.
    """
    least, since = None, time.monotonic()
    while waiting := left():
        if least is None or waiting < least:
            least, since = waiting, time.monotonic()
        elif time.monotonic() - since >= PATIENCE:
            raise TryAgain(
                f"{engine} has {waiting} vectors of {collection} to index and took none in {PATIENCE:.0f} s: "
                "look at the server's CPU, memory and log"
            )
        time.sleep(_PAUSE)
