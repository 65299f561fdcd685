"""Words of messages for people."""

from __future__ import annotations

import re

# An address's user and password, what a query names a key or a token (`X-Amz-Signature` too), Slack's own addresses,
# which are their secret, and a header's token.
_USER = re.compile(r"(\w://)[^/@\s\"\\]+@")
_QUERY = re.compile(
    r"([?&](?:[\w-]*(?:api[-_]?key|token|signature|credential|secret|password)|key|sig)=)[^&\s\"\\]+", re.IGNORECASE
)
_SLACK = re.compile(r"(//hooks\.slack\.com/\w+/)[^\s\"\\]+", re.IGNORECASE)
_HEADER = re.compile(r"\b(Bearer\s+)(?=\S*\d)[\w.~+/=-]{8,}", re.IGNORECASE)


def plural(number: float, word: str) -> str:
    """Return a number and its noun: `1 point`, `2,000 points`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def mask(text: str) -> str:
    """Return a text without the credentials that addresses in it hold: https://***@host/?key=***."""
    for secret in (_QUERY, _SLACK, _HEADER):
        text = secret.sub(r"\1***", text)
    return _USER.sub(r"\1***@", text)
