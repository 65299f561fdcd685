"""Replies of a judge model that are kept between runs, so that no question is paid for twice.

A reply holds for the address that gave it, for the request, for as long as the same model answers there, and for so
many days: behind an address and a name another version can be served. Which one answers now is known from a reply, so
the first question of a run is always asked.
"""

import hashlib
import time
from collections.abc import Iterator
from typing import Any

import orjson

from evaluation import answers

DAYS = 30.0


def key(address: str, request: dict[str, Any]) -> str:
    """Return what a reply is kept by.

    Args:
        address: of the call, whole.
        request: as it is sent, without its mark, which is another one each time.
    """
    asked = {"address": address, "request": request}
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


def server(record: dict[str, Any]) -> str:
    """Return who gave a reply, as the reply says: its model and its fingerprint."""
    return " ".join(part for part in (record.get("model", ""), record.get("fingerprint", "")) if part)


class Cache:
    """The replies of one judge model; what is added is written by the journal.

    Args:
        records: what is kept.
        days: how long a reply holds.
        now: seconds since the epoch.
    """

    def __init__(self, records: Iterator[dict[str, Any]], days: float, now: float) -> None:
        oldest = now - days * 86400
        self._kept = {each["id"]: each for each in records if each.get("at", 0.0) >= oldest}
        self._server: str | None = None

    def answered_by(self, record: dict[str, Any]) -> None:
        """Say who answers now; what another server gave no longer holds."""
        self._server = server(record)

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the reply that the judge model gave before, by the key of its question; None where it expired."""
        kept = self._kept.get(key)
        return kept if kept is not None and self._server == server(kept) else None

    def add(self, key: str, value: dict[str, Any]) -> dict[str, Any]:
        """Keep a reply and return its record.

        Args:
            key: what it is kept by.
            value: text, model and fingerprint.
        """
        fields = {name: value[name] for name in ("text", "model", "fingerprint") if name in value}
        self._kept[key] = answers.record(key, at=round(time.time(), 3), **fields)
        return self._kept[key]
