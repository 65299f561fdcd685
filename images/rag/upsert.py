"""Writes the run's records into its collection, deletes what is left over, and prepares the new ledger.

    python -m upsert

First it judges what it is about to do, before anything is written: a change that takes too much text from readers is
refused (index/loss.py), and in a live collection, where readers see each write at once, the canary questions are asked
of the collection as it will be (index/preview.py). Then it tells its intent, writes shard by shard (a shard that was
written is not written again), gives other metadata to the points of documents of which nothing else has changed (their
vectors stay), and deletes: the points of removed documents and those that a changed document no longer
has. The ledger that it leaves among the run's files becomes the pipeline's own when `publish` commits it.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import Any

import numpy as np
from index import (
    canaries,
    findings,
    identity,
    intents,
    ledger,
    loss,
    metadata,
    plan,
    reading,
    records,
    sources,
    stores,
)
from index.findings import MISSING, UNREADABLE, Finding
from index.ledger import NEVER, IndexedDocument, Ledger
from index.manifest import Entry
from index.plan import Plan
from index.preview import Preview
from index.work import Work
from runtime import log, objects, receipt, settings
from runtime.errors import InputError
from runtime.program import main
from runtime.settings import Run
from runtime.words import plural

_NAMED = 3  # documents that a refusal names at most
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
    work = Work(run, planned)
    findings.check(work.findings.values(), planned)
    new = _accounted(run, work)
    new.gather()
    for sentence in (mixed := metadata.mixed(new.keys)).values():
        log.warning("mixed", f"{sentence}; a filter compares one kind alone")
    _check_loss(run, planned, new)
    written = deleted = 0
    if not planned.idle or planned.former != planned.collection:  # else the store's client is not even imported
        store = stores.open_store(settings.text("STORE_URL"), settings.required("STORE"))
        try:
            if planned.former == planned.collection:
                _preview(run, store, work)
            intents.write(run, planned.collection, work.intended())
            plan.guard(run)
            store.create(planned.collection, planned.dimension, distance)
            written = sum(_written(run, store, planned, number) for number in range(planned.shards))
            _relabelled(run, store, planned, work)
            deleted = _deleted(run, store, planned, work)
            if planned.former != planned.collection:
                store.ready(planned.collection)
        finally:
            store.close()
    ledger.write(target, new)
    with_text = sum(1 for row in new.rows.values() if row.points)
    counts = {"written": written, "deleted": deleted, "points": new.points}
    counts["relabelled"] = planned.counts["relabelled"]
    counts |= {"documents": len(new.rows), "with_text": with_text}
    receipt.write_part(run, "upsert", {"ledger": counts, "mixed": mixed}, began)
    log.info(
        "upserted",
        f"{plural(written, 'point')} written, {deleted} deleted; "
        f"{plural(new.points, 'point')} of {plural(len(new.rows), 'document')}",
        **counts,
    )
    return counts


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


def _relabelled(run: Run, store: stores.Store, planned: Plan, work: Work) -> None:
    """Give points other metadata, in bounded batches."""
    batch: dict[str, str] = {}
    for document in work.relabelled():
        for point in identity.points(document.entry.id, document.points, planned.fingerprint):
            batch[point] = document.entry.described or "{}"
        if len(batch) >= _ROWS:
            _fenced(run, planned)
            store.relabel(planned.collection, batch)
            batch = {}
    if batch:
        _fenced(run, planned)
        store.relabel(planned.collection, batch)


def _deleted(run: Run, store: stores.Store, planned: Plan, work: Work) -> int:
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
        lines = list(Work(run, planned).intended())
        intents.write(run, planned.collection, lines, name=f"{run.run_id}-fenced")
        raise


def _accounted(run: Run, work: Work) -> Ledger:
    """Return the ledger of what the collection will hold."""
    planned = work.planned
    new = ledger.read(loss.ledger_address(run, planned.collection)) or Ledger(planned.fingerprint)
    for document in work.changed():
        name = document.entry.id
        kept = new.rows.get(name) if work.keeps(document) else None
        sizes = work.counts.get(name, 0), work.characters.get(name, 0)
        new.rows[name] = _row(document.entry, sizes, work.findings.get(name), kept)
    for document in work.relabelled():
        entry, row = document.entry, new.rows[document.entry.id]
        new.rows[entry.id] = replace(row, digest=entry.digest, metadata=entry.described)
    for document in work.removed():
        new.rows.pop(document.entry.id, None)
    new.run, new.limits = run.run_id, str(reading.limits(settings.required("SIZING")))
    new.sources = tuple(source.name for source in sources.configured())
    return new


def _row(
    entry: Entry, sizes: tuple[int, int], finding: Finding | None, kept: IndexedDocument | None
) -> IndexedDocument:
    """Return what the ledger says of a document.

    Args:
        entry: the document as the source has it.
        sizes: how many points the run's records hold of it, and how many characters.
        finding: what must be known of it.
        kept: what the index had of it, where that stays.
    """
    kind, why = (finding.kind, finding.why) if finding else ("", "")
    seen = NEVER if kind == MISSING else entry.digest if kind == UNREADABLE else ""
    if kept is not None:
        return replace(kept, seen=seen, finding=kind, why=why)
    digest = "" if kind == MISSING else entry.digest
    return IndexedDocument(entry.content, digest, sizes[0], seen, kind, why, entry.described, sizes[1])


def _check_loss(run: Run, planned: Plan, new: Ledger) -> None:
    """Refuse a change that takes too much from readers, and a first index that gives them nothing.

    Raises:
        InputError: it does.
    """
    had, published = loss.reference(run, planned.former)
    alike = published is not None and (published.model, published.chunking) == (
        settings.required("MODEL"),
        settings.required("CHUNKING"),
    )
    comparable = had is not None and (had.fingerprint == new.fingerprint or alike)
    loss.check_text(had, new, comparable, settings.required("SIZING"))
    if published is None and planned.former is None and not new.points:
        why = "; ".join(findings.sentences(findings.of_ledger(new), _NAMED)) or "the source names none"
        raise InputError(
            f"the first index would hold nothing: of {plural(len(new.rows), 'document')} none has text; {why}"
        )


def _preview(run: Run, store: stores.Store, work: Work) -> None:
    """Ask the canary questions of the live collection as the run will leave it.

    Raises:
        InputError: too few find their documents; nothing was written.
    """
    planned = work.planned
    if not (questions := canaries.configured()):
        return
    vectors = canaries.embedded(questions, settings.required("MODEL"))
    replaced = {document.entry.id for document in work.replaced()}
    preview = Preview(store, planned.collection, replaced, vectors, settings.required("STORE"))
    for number in range(planned.shards):
        for _, stored, payloads in records.read(f"{run.root}/records/{number}.parquet", planned.dimension, _ROWS):
            preview.add(stored, payloads)
    verdict = canaries.judge(preview, planned.collection, questions, vectors, canaries.TOP)
    canaries.check(verdict, "nothing was written, and readers see the index as it was")
    log.info("previewed", f"the collection as it will be finds {verdict.recall:.0%} of {verdict.questions} canaries")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main("upsert", upsert)
