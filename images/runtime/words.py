"""Words of messages for people."""

from __future__ import annotations

import re

# An address's user and password, and what a query names a key or a token.
_USER = re.compile(r"(\w://)[^/@\s\"\\]+@")
_QUERY = re.compile(r"([?&](?:api[-_]?key|key|(?:access_)?token|sig|signature)=)[^&\s\"\\]+", re.IGNORECASE)


def plural(number: float, word: str) -> str:
    """Return a number and its noun: `1 point`, `2,000 points`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def mask(text: str) -> str:
    """Return a text without the credentials that addresses in it hold: https://***@host/?key=***."""
    return _QUERY.sub(r"\1***", _USER.sub(r"\1***@", text))
