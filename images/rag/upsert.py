"""Writes the run's records into its collection, deletes what is left over, and prepares the new ledger.

    python -m upsert

Tells its intent first, then writes shard by shard (a shard that was written is not written again), then deletes: the
points of removed documents and those that a changed document no longer has. The ledger that it leaves among the run's
files becomes the pipeline's own when `publish` commits it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from index import identity, intents, ledger, plan, records, shard, stores, unreadable
from index.ledger import IndexedDocument, Ledger
from index.plan import Plan
from index.shard import PendingDocument
from runtime import addresses, log, objects, receipt, settings
from runtime.errors import InputError
from runtime.program import main
from runtime.settings import Run
from runtime.words import plural

_ROWS = 4096  # handed to the store at once, which has several requests under way; some 15 MB


def upsert() -> dict[str, Any]:
    """Apply the run's plan to its collection."""
    began, run = time.time(), settings.run()
    planned = plan.read(run)
    target = f"{run.root}/ledger.parquet"
    if objects.exists(target):
        log.info("repeated", "the collection is written already")
        return {"written": 0, "deleted": 0}
    distance = settings.required("STORE").get("distance", "cosine")
    indexed = ledger.read(f"{run.home}/ledger/{planned.collection}.parquet") or Ledger(planned.fingerprint)
    work = _Work(run, planned)
    unreadable.check(unreadable.of_run(run), planned)
    store = stores.open_store(settings.text("STORE_URL"), settings.required("STORE"))
    try:
        written = deleted = 0
        if not planned.idle or planned.former != planned.collection:
            intents.write(run, planned.collection, work.intended())
            plan.guard(run)
            store.create(planned.collection, planned.dimension, distance)
            written = sum(_written(run, store, planned, number) for number in range(planned.shards))
            deleted = _deleted(run, store, planned, work)
            if planned.former != planned.collection:
                store.ready(planned.collection)
    finally:
        store.close()
    _account(work, indexed)
    indexed.run = run.run_id
    ledger.write(target, indexed)
    counts = {"written": written, "deleted": deleted, "points": indexed.points, "documents": len(indexed.rows)}
    receipt.write_part(run, "upsert", {"ledger": counts}, began)
    log.info(
        "upserted",
        f"{plural(written, 'point')} written, {deleted} deleted; "
        f"{plural(indexed.points, 'point')} of {plural(len(indexed.rows), 'document')}",
        **counts,
    )
    return counts


class _Work:
    """What the run's files say is to be done."""

    def __init__(self, run: Run, planned: Plan) -> None:
        self.run, self.planned = run, planned
        self.counts: dict[str, int] = {}
        for number in range(planned.shards):
            try:
                self.counts.update(records.counts(f"{run.root}/records/{number}.parquet"))
            except addresses.NotFound as error:
                raise InputError(f"the records of shard {number} are missing: embed must run first") from error

    def changed(self) -> Iterator[PendingDocument]:
        for number in range(self.planned.shards):
            yield from shard.read(f"{self.run.root}/shards/{number}.jsonl")

    def removed(self) -> Iterator[PendingDocument]:
        yield from shard.read(f"{self.run.root}/removed.jsonl")

    def intended(self) -> Iterator[PendingDocument]:
        """Yield each document that this run writes or takes out."""
        yield from self.changed()
        yield from self.removed()

    def leftover(self) -> Iterator[str]:
        """Yield ids of the points that must go."""
        for line in self.changed():
            for number in range(self.counts.get(line.entry.id, 0), line.points):
                yield identity.point(line.entry.id, number, self.planned.fingerprint)
        for line in self.removed():
            yield from identity.points(line.entry.id, line.points, self.planned.fingerprint)
        orphans = set(self.planned.orphans)
        for document, count in self.counts.items() if orphans else ():
            orphans.difference_update(identity.points(document, count, self.planned.fingerprint))
        yield from sorted(orphans)


def _written(run: Run, store: stores.Store, planned: Plan, number: int) -> int:
    """Write one shard's points, unless this run has written them before."""
    mark = f"{run.root}/written/{number}"
    if objects.exists(mark):
        return 0
    count = 0
    address = f"{run.root}/records/{number}.parquet"
    for ids, vectors, payloads in records.read(address, planned.dimension, _ROWS):
        _fenced(run, planned)
        store.upsert(planned.collection, ids, np.ascontiguousarray(vectors), payloads)
        count += len(ids)
        log.info("progress", f"shard {number}: {plural(count, 'point')} written", shard=number, points=count)
    _fenced(run, planned)
    objects.write(mark, b"")
    return count


def _deleted(run: Run, store: stores.Store, planned: Plan, work: _Work) -> int:
    """Delete what is left over, in bounded batches."""
    count, batch = 0, []
    for point in work.leftover():
        batch.append(point)
        if len(batch) == _ROWS:
            _fenced(run, planned)
            store.delete(planned.collection, batch)
            count, batch = count + len(batch), []
    if batch:
        _fenced(run, planned)
        store.delete(planned.collection, batch)
    return count + len(batch)


def _fenced(run: Run, planned: Plan) -> None:
    """Stop where another run has become the index's owner.

    What this run wrote between its last look and this one may have come after the other's reading of the intents, so
    the intent is written once more under a name that the other does not know, and the run after it makes it good.
    """
    try:
        plan.guard(run)
    except Exception:
        lines = list(_Work(run, planned).intended())
        intents.write(run, planned.collection, lines, name=f"{run.run_id}-fenced")
        raise


def _account(work: _Work, indexed: Ledger) -> None:
    """Update the ledger to what the collection holds now."""
    for line in work.changed():
        entry = line.entry
        indexed.rows[entry.id] = IndexedDocument(entry.content, entry.digest, work.counts.get(entry.id, 0))
    for line in work.removed():
        indexed.rows.pop(line.entry.id, None)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main("upsert", upsert)
