"""A run's intent: which documents' points it is about to write or delete, told before the first of them is.

A run that died half-way leaves its intent behind. The next one does every document in it anew and reads which points
the store holds, so that nothing of the dead run is left in the index.
"""

from __future__ import annotations

from collections.abc import Iterable

from runtime import objects
from runtime.settings import Run

from index import shard
from index.shard import PendingDocument


def _folder(run: Run, collection: str) -> str:
    return f"{run.home}/intents/{collection}"


def write(run: Run, collection: str, lines: Iterable[PendingDocument], name: str = "") -> str:
    """Write the intent and return its address."""
    address = f"{_folder(run, collection)}/{name or run.run_id}.jsonl"
    shard.write(address, lines)
    return address


def read(run: Run, collection: str, done: str) -> tuple[set[str], list[str]]:
    """Return the documents of every intent left behind, and the addresses that name them.

    `done` is the run that committed the ledger: an intent of its own that it did not come to forget is made good.
    """
    documents: set[str] = set()
    addresses = []
    for intent in objects.entries(_folder(run, collection)):
        addresses.append(intent.address)
        if intent.name != f"{done}.jsonl":
            documents.update(pending.entry.id for pending in shard.read(intent.address))
    return documents, addresses


def forget(addresses: Iterable[str]) -> None:
    """Remove intents that a committed ledger has made good."""
    for address in addresses:
        objects.remove(address)
