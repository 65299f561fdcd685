"""Words of messages for people."""

from __future__ import annotations


def plural(number: float, word: str) -> str:
    """Return a number and its noun: `1 point`, `2,000 points`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
