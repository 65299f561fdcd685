"""A run's intent: which documents' points it is about to write or delete, told before the first of them is.

A run that died half-way leaves its intent behind. The next one takes every document in it for changed, with as many
points as either run may have written, so that nothing of the dead run is left in the index.
"""

from __future__ import annotations

from collections.abc import Iterable

import shard
from objects import Objects
from shard import Line
from step import Run


def _folder(run: Run, collection: str) -> str:
    return f"{run.home}/intents/{collection}"


def write(run: Run, collection: str, lines: Iterable[Line], name: str = "") -> str:
    """Tells the intent; returns its address."""
    address = f"{_folder(run, collection)}/{name or run.id}.jsonl"
    shard.write(run.objects, address, lines)
    return address


def read(run: Run, collection: str, done: str) -> tuple[dict[str, int], list[str]]:
    """Every intent left behind: document -> the most points it may have; and the addresses that say so.

    `done` is the run that committed the ledger: an intent of its own that it did not come to forget is made good.
    """
    found: dict[str, int] = {}
    addresses = []
    for one in run.objects.list(_folder(run, collection)):
        address = one["address"]
        addresses.append(address)
        if one["name"] == f"{done}.jsonl":
            continue
        for line in shard.read(run.objects, address):
            found[line.entry.id] = max(found.get(line.entry.id, 0), line.points)
    return found, addresses


def forget(objects: Objects, addresses: Iterable[str]) -> None:
    """Removes intents that a committed ledger has made good."""
    for address in addresses:
        objects.remove(address)
