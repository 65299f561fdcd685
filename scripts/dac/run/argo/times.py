"""Durations as Go and Argo read them."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")


def parse_go_duration(text: str) -> timedelta:
    """Parse as `time.ParseDuration`: 1h30m, 250ms, -2s.

    Raises:
        ValueError: It is not a duration.
    """
    body = text.lstrip("+-")
    if body == "0":
        return timedelta(0)
    if not body or len(text) - len(body) > 1 or not re.fullmatch(f"(?:{_PART.pattern})+", body):
        raise ValueError(f'time: invalid duration "{text}"')
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(body))
    return timedelta(seconds=-seconds if text.startswith("-") else seconds)


def parse_duration(text: str) -> timedelta:
    """Parse a whole number of seconds, or a Go duration.

    Raises:
        ValueError: It is neither.
    """
    if re.fullmatch(r"[+-]?\d+", text):
        return timedelta(seconds=int(text))
    try:
        return parse_go_duration(text)
    except ValueError as error:
        raise ValueError(f"unable to parse {text} as a duration: {error}") from error
