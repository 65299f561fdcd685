"""Memoized templates: the outputs of an earlier node in place of a new one (workflow/controller/cache)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dac.run.argo.node import JSON
from dac.run.argo.times import parse_go_duration

_KEY = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")
_CACHE = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


class MemoizeError(Exception):
    """A key or an age that the controller refuses; the message is its own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a cache has under a key.

    Attributes:
        outputs: of the node that was saved; None of one that had none.
        created: when it was saved.
    """

    outputs: JSON | None
    created: datetime


class Memory(Protocol):
    """The caches of the controller's namespace, which all of its runs share; an entry outlives the run that made it."""

    def load(self, cache: str, key: str) -> Entry | None:
        """Return what a cache has under a key, if anything."""
        ...

    def save(self, cache: str, key: str, node: str, entry: Entry) -> None:
        """Put an entry under a key of a cache, in place of an earlier one; `node` is the id of the node it is of."""
        ...


class NoMemory:
    """Caches that keep nothing."""

    def load(self, cache: str, key: str) -> Entry | None:
        """Return nothing."""
        return None

    def save(self, cache: str, key: str, node: str, entry: Entry) -> None:
        """Keep nothing."""


def place(template: JSON) -> tuple[str, str] | None:
    """Return the cache and the key of a memoized template; None for any other."""
    memoize = template.get("memoize")
    return (str(memoize["cache"]["configMap"]["name"]), str(memoize["key"])) if memoize else None


def recalled(memory: Memory, template: JSON, now: datetime) -> Entry | None:
    """Return the entry that a memoized template's node ends with at once; None where it must run.

    Raises:
        MemoizeError: Its key or its age cannot be read.
    """
    where = place(template)
    if where is None:
        return None
    if not _KEY.fullmatch(where[1]):
        raise MemoizeError(f"invalid cache key: {where[1]}")
    if not _CACHE.fullmatch(where[0]):  # a tag filled it in: the API server takes no such name
        raise MemoizeError(f"invalid cache name: {where[0]}")
    entry = memory.load(*where)
    if age := template["memoize"].get("maxAge"):
        try:
            longest = parse_go_duration(age)
        except ValueError as error:
            raise MemoizeError(f"invalid maxAge: {error}") from error
        if entry is not None and entry.created + longest < now:
            return None
    return entry
