"""How long is waited: for work that may hang, and as a server asks before it is asked again."""

import threading
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar

_T = TypeVar("_T")


def pause(retry_after: str, now: float) -> float:
    """Return how many seconds a Retry-After asks to wait: a number, or a date; 0 where it is neither.

    Args:
        retry_after: the header.
        now: seconds since the epoch.
    """
    if retry_after.replace(".", "", 1).isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return 0.0


def within(seconds: float, work: Callable[[], _T]) -> _T:
    """Return what `work` returns, or raise what it raises; once the seconds are over it is left alone.

    The timeout of a socket is of each read: a server that sends a byte now and then would be waited for without end.

    Raises:
        TimeoutError: it has not ended.
    """
    results: list[_T] = []
    errors: list[Exception] = []

    def attempt() -> None:
        try:
            results.append(work())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return results[0]
