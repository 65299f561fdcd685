"""The contract of served/<shard>.json: what a server beside the asking said that it serves (a version, an index).

An endpoint with an address of its own stays what its name says. A server that starts with each pod serves what an alias
points to at that moment, and an alias can move in the middle of a run: two versions' answers must not become one score.
"""

from typing import Any

import contract
import storage
from errors import WrongInput

VERSION = 1


def address(root: str, shard: int) -> str:
    """Returns where a shard's note lies."""
    return f"{root}/served/{shard}.json"


def note(root: str, shard: int, name: str) -> None:
    """Notes what answers a shard.

    Raises:
        WrongInput: a part of the shard was answered by something else.
    """
    place = address(root, shard)
    if storage.exists(place):
        _one({_read(place), name})
    storage.write_json(place, {"version": VERSION, "name": name})


def name(root: str) -> str | None:
    """Returns what answered every shard of a run, or None where that is the endpoint's own affair.

    Raises:
        WrongInput: two shards were answered by different ones.
    """
    return _one({_read(place) for place in storage.listing(f"{root}/served", ".json")})


def _read(place: str) -> str:
    value: dict[str, Any] = storage.read_json(place)
    contract.check("served", value, place)
    return str(value["name"])


def _one(names: set[str]) -> str | None:
    if len(names) > 1:
        raise WrongInput(
            f"this run was answered by {' and by '.join(sorted(names))}: the alias moved meanwhile; start a new run"
        )
    return next(iter(names), None)
