"""A limit of time on work that hostile text can make long: a backtracking pattern, a schema that refers to itself."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Stop the block after so many seconds. It holds in the main thread, where Python runs its signals' handlers.

    Raises:
        TimeoutError: the block needs longer.
    """

    def stop(*_: Any) -> None:
        raise TimeoutError(f"not done within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
