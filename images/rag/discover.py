"""Finds what changed since the last run that finished: the source's documents against the ledger.

    python -m discover --lanes /work/out/lanes.json --summary /work/out/summary.json

Reads the manifests of SOURCES (or lists the prefixes), the ledger of the collection that MODEL and CHUNKING name, the
intents of runs that died, and asks the store how many points it holds. Leaves among the run's files plan.json,
shards/<i>.jsonl, relabelled.jsonl (documents of which the metadata alone is another: they are not embedded) and
removed.jsonl, and for the fan-out the shards in LANES lanes at most; how many shards, index/sharding.py says from
SHARDING (the standard's figures), DEADLINE and earlier receipts. A source that lost more than the size's `max_loss`
of its documents is taken for broken (exit 65) unless LOSS is `allowed`. The summary also counts the findings of earlier
runs on documents that have not changed since, and by suffix what of a prefix no reader reads.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from index import findings, identity, intents, ledger, live, loss, plan, reading, shard, sharding, sources, stores
from index.ledger import Ledger
from index.manifest import Entry
from index.plan import Plan
from index.shard import PendingDocument
from runtime import fanout, log, receipt, settings
from runtime.errors import InputError
from runtime.program import main
from runtime.settings import Run
from runtime.words import plural

_NAMED = 20  # documents of which the metadata alone has changed; the counts have all
_RECEIPTS = 20  # earlier runs that say what a document takes
_DEADLINE = 3600  # seconds of a shard's pod, where the template says none


def discover(lanes: Path, summary: Path) -> dict[str, Any]:
    """Make the plan, or find it made, and write the shards' lanes and a summary for people."""
    began, run = time.time(), settings.run()
    planned = plan.find(run)
    if planned is None:
        plan.own(run)  # before anything is read: whatever the former owner writes from here on, it writes fenced
        source = _Documents()
        planned, standing = _planned(run, source)
        facts = {"source": sources.described(), "dataset": planned.source, "counts": planned.counts}
        names = (document.entry.id for document in shard.read(f"{run.root}/relabelled.jsonl"))
        facts["relabelled"] = list(itertools.islice(names, _NAMED))
        receipt.write_part(run, "discover", {**facts, "skipped": source.skipped, "standing": standing}, began)
        plan.write(run, planned)
    _write(lanes, orjson.dumps(fanout.lanes(planned.shards, int(settings.number("LANES", 1)))))
    noticed = receipt.facts(run, "discover")
    counts = {"collection": planned.collection, "shards": planned.shards, **planned.counts}
    counts |= {"findings": noticed["standing"], "skipped": noticed["skipped"]}
    if noticed["relabelled"]:
        counts["with_other_metadata"] = noticed["relabelled"]
    if noticed["skipped"]:
        log.warning("skipped", f"no reader reads {_by_suffix(noticed['skipped'])} of the source")
    _write(summary, orjson.dumps(counts))
    log.info("discovered", f"{plural(planned.counts['documents'], 'document')}: {_words(planned)}", **counts)
    return counts


def _by_suffix(skipped: dict[str, int]) -> str:
    return ", ".join(f"{plural(count, 'object')} with {suffix}" for suffix, count in sorted(skipped.items()))


def _words(planned: Plan) -> str:
    names = ("added", "changed", "relabelled", "repaired", "removed", "unchanged")
    return ", ".join(f"{planned.counts[name]} {name}" for name in names if planned.counts[name]) or "none"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(f"{path.name}.new").write_bytes(data)
    path.with_name(f"{path.name}.new").rename(path)


def _planned(run: Run, source: _Documents) -> tuple[Plan, dict[str, int]]:
    """Return the plan, and how many findings of earlier runs stand."""
    fingerprint, sizing = plan.fingerprint(), settings.required("SIZING")
    collection = identity.collection(identity.alias(run), fingerprint)
    indexed = ledger.read(loss.ledger_address(run, collection), fingerprint)
    interrupted, dead_intents = intents.read(run, collection, done=indexed.run if indexed else "")
    store = stores.open_store(settings.text("STORE_URL"), settings.required("STORE"))
    try:
        former = live.collection(store, run)
        repairs, orphans = _compared(store, collection, indexed, interrupted)
    finally:
        store.close()
    had, _ = loss.reference(run, former)
    had = had or indexed
    indexed = indexed or Ledger(fingerprint)
    retried = indexed.limits != str(reading.limits(sizing))
    changes = _changes(source, indexed, interrupted | repairs, retried)
    changed, counts, seen = changes.embedded, changes.counts, changes.seen
    removed = sorted(indexed.rows.keys() - seen)
    loss.check_documents(had, seen, source.sources, sizing)
    shards = _share(run, changed, sizing)
    gone = (PendingDocument(Entry(name, "", ""), indexed.rows[name].points) for name in removed)
    shard.write(f"{run.root}/removed.jsonl", gone)
    shard.write(f"{run.root}/relabelled.jsonl", changes.relabelled)
    counts["removed"] = len(removed)
    pending = {*removed, *(document.entry.id for document in changed)}
    standing = (finding for finding in findings.of_ledger(indexed) if finding.document not in pending)
    planned = Plan(
        fingerprint,
        collection,
        former,
        settings.required("MODEL")["dimension"],
        source.digest,
        shards,
        counts,
        dead_intents,
        orphans,
    )
    return planned, findings.counts(standing)


class _Documents:
    """The documents of the sources, and once they are read, the digest of them all."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()
        self.sources = sources.configured()
        self.skipped: Counter[str] = Counter()  # objects that no reader reads, by suffix

    def __iter__(self) -> Iterator[Entry]:
        try:
            for entry in sources.read(self.sources, self.skipped):
                self._sum.update(entry.digest.encode())
                yield entry
        except (ValueError, InputError) as error:
            raise InputError(f"the source cannot be read: {error}") from error

    @property
    def digest(self) -> str:
        return f"sha256:{self._sum.hexdigest()}"


def _compared(
    store: stores.Store, collection: str, indexed: Ledger | None, interrupted: set[str]
) -> tuple[set[str], list[str]]:
    """Return documents that the store lost points of, and orphans: points of no document in the ledger.

    A count that agrees with the ledger is taken for proof. Where it does not, where there is no ledger, or where a run
    died since, the ids are read: what of them the run does not write anew is deleted.
    """
    exists = store.exists(collection)
    if indexed is not None and exists and not interrupted and store.count(collection) == indexed.points:
        return set(), []
    held = {point.id for point in store.points(collection)} if exists else set()
    incomplete = set()
    for document, row in indexed.rows.items() if indexed else ():
        wanted = identity.points(document, row.points, indexed.fingerprint)
        if not held.issuperset(wanted):
            incomplete.add(document)
        held.difference_update(wanted)
    return incomplete, sorted(held)


@dataclass
class _Changes:
    """What the source's documents are beside the index.

    Attributes:
        embedded: documents to read and embed.
        relabelled: documents of which the metadata alone is another; their vectors stay.
        counts: how many there are of each kind.
        seen: every id of the source.
    """

    embedded: list[PendingDocument] = field(default_factory=list)
    relabelled: list[PendingDocument] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(plan.COUNTS, 0))
    seen: set[str] = field(default_factory=set)


def _changes(source: Iterable[Entry], indexed: Ledger, again: set[str], retried: bool) -> _Changes:
    """Return what is to be done with the documents.

    Args:
        source: its documents.
        indexed: what the collection holds.
        again: documents that must be done whatever their digest.
        retried: whether unreadable documents are tried again, since they may take more than before.
    """
    made = _Changes()
    for entry in source:
        made.seen.add(entry.id)
        row = indexed.rows.get(entry.id)
        kind = _kind(entry, row, entry.id in again, retried)
        made.counts[kind] += 1
        if kind != "unchanged":
            lines = made.relabelled if kind == "relabelled" else made.embedded
            lines.append(PendingDocument(entry, row.points if row else 0, entry.id not in again))
    made.counts["documents"] = len(made.seen)
    return made


def _kind(entry: Entry, row: ledger.IndexedDocument | None, again: bool, retried: bool) -> str:
    if row is None:
        return "added"
    if (row.seen or row.digest) != entry.digest or (retried and row.finding == findings.UNREADABLE):
        return "changed" if again or row.seen or not _same_but_metadata(entry, row) else "relabelled"
    return "repaired" if again else "unchanged"


def _same_but_metadata(entry: Entry, row: ledger.IndexedDocument) -> bool:
    return replace(entry, metadata=orjson.loads(row.metadata or "{}")).digest == row.digest


def _share(run: Run, changed: list[PendingDocument], sizing: dict[str, Any]) -> int:
    """Distribute the documents over as many shards as the cost model gives."""
    receipts = receipt.read_all(run, newest=_RECEIPTS)
    earlier = sharding.measured(receipts, run.size, settings.required("MODEL"), settings.required("CHUNKING"))
    lanes, deadline = int(settings.number("LANES", 1)), settings.number("DEADLINE", _DEADLINE)
    costs = sharding.costs(settings.required("SHARDING"), sizing["gpus"], lanes, deadline, earlier)
    shards = sharding.number(len(changed), costs, sizing.get("shard_documents"))
    for number in range(shards):
        shard.write(f"{run.root}/shards/{number}.jsonl", changed[number::shards])
    if shards:
        by = f"an earlier run's {plural(earlier[1], 'document')}" if earlier else "the standard's figures"
        words = f"{plural(shards, 'shard')}, of {costs.document * len(changed) / shards:.0f} s each by {by}"
        log.info("shards", words, shards=shards, document_seconds=round(costs.document, 4))
    return shards


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lanes", type=Path, required=True, help="file for the lanes, a JSON list")
    parser.add_argument("--summary", type=Path, required=True, help="file for the counts, a JSON object")
    flags = parser.parse_args()
    main("discover", lambda: discover(flags.lanes, flags.summary))
