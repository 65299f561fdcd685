"""Moments and spans as people read them, in the commands that speak of runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def clock(moment: datetime) -> str:
    """Return a moment in UTC, to the minute."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def clocks(moment: datetime, zone: str) -> str:
    """Return a moment in UTC, and as the clocks of a zone show it where that differs."""
    there = moment.astimezone(ZoneInfo(zone))
    if not there.utcoffset():
        return clock(moment)
    return f"{clock(moment)} ({there.strftime('%H:%M')} {zone})"


def span(length: timedelta) -> str:
    """Return a span in its two largest units: `3 d 4 h`, `12 min`, `8 s`."""
    seconds = max(0, int(length.total_seconds()))
    parts: list[str] = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append(f"{count} {unit}")
    if not parts:
        return f"{seconds} s"
    return " ".join(part for part in parts[:2] if not part.startswith("0 "))


def ago(moment: datetime, now: datetime) -> str:
    """Return how far a moment is from now: `3 h ago`, `in 2 d`, `now`."""
    if abs(moment - now) < timedelta(seconds=1):
        return "now"
    return f"{span(now - moment)} ago" if moment < now else f"in {span(moment - now)}"
