"""How long a server asks to wait before it is asked again."""

from email.utils import parsedate_to_datetime


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
    except (TypeError, ValueError):
        return 0.0
