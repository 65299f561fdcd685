"""Finds what changed since the last run that finished: the source's documents against the ledger.

    python -m discover --shards /work/out/shards.json --summary /work/out/summary.json

Reads the manifest at SOURCE (or lists the prefix), the ledger of the collection that MODEL and CHUNKING name, the
intents of runs that died, and asks the store how many points it holds. Leaves plan.json, shards/<i>.jsonl and
removed.jsonl among the run's files, and the shards' numbers for the fan-out. A manifest that lost more than the size's
`max_loss` of the documents is taken for broken (exit 65) unless LOSS is `allowed`.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
from index import identity, intents, ledger, manifest, plan, shard, stores, versions
from index.ledger import Ledger
from index.manifest import Entry
from index.plan import Plan
from index.shard import Line
from runtime import log, receipt, settings
from runtime.errors import InputError
from runtime.program import main
from runtime.settings import Run


def discover(shards: Path, summary: Path) -> dict[str, Any]:
    """Makes the plan, or finds it made, and writes the shards' numbers and a summary for people."""
    began, run = time.time(), settings.run()
    found = plan.find(run)
    if found is None:
        plan.own(run)  # before anything is read: whatever the former owner writes from here on, it writes fenced
        found = _planned(run)
        plan.write(run, found)
        facts = {"source": settings.text("SOURCE"), "dataset": found.source, "counts": found.counts}
        receipt.write_part(run, "discover", facts, began)
    _write(shards, orjson.dumps(list(range(found.shards))))
    told = {"collection": found.collection, "shards": found.shards, **found.counts}
    _write(summary, orjson.dumps(told))
    log.info("discovered", f"{found.counts['documents']} documents: {_words(found)}", **told)
    return told


def _words(found: Plan) -> str:
    names = ("added", "changed", "repaired", "removed", "unchanged")
    return ", ".join(f"{found.counts[name]} {name}" for name in names if found.counts[name]) or "none"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(f"{path.name}.new").write_bytes(data)
    path.with_name(f"{path.name}.new").rename(path)


def _planned(run: Run) -> Plan:
    fingerprint, sizing = plan.fingerprint(), settings.required("SIZING")
    collection = identity.collection(identity.alias(run), fingerprint)
    known = ledger.read(ledger_address(run, collection), fingerprint)
    left, told = intents.read(run, collection, done=known.run if known else "")
    store = stores.open_store(settings.text("STORE_URL"), settings.required("STORE"))
    try:
        former = store.live(identity.alias(run))
        repairs, stray = _compared(store, collection, known, left)
    finally:
        store.close()
    reference = _reference(run, former, collection, known)
    source = _Source(run)
    known = known or Ledger(fingerprint)
    changed, counts, seen = _changes(source, known, left | repairs)
    removed = sorted(known.rows.keys() - seen)
    _guard_loss(reference, seen, sizing)
    shards = _share(run, changed, sizing)
    gone = (Line(Entry(name, "", ""), known.rows[name].points) for name in removed)
    shard.write(f"{run.root}/removed.jsonl", gone)
    counts["removed"] = len(removed)
    return Plan(
        fingerprint,
        collection,
        former,
        settings.required("MODEL")["dimension"],
        source.digest,
        shards,
        counts,
        told,
        stray,
    )


def ledger_address(run: Run, collection: str) -> str:
    """Where the collection's committed ledger is."""
    return f"{run.home}/ledger/{collection}.parquet"


class _Source:
    """The documents of the source, and once they are read, the digest of them all."""

    def __init__(self, run: Run) -> None:
        self._run, self._sum = run, hashlib.sha256()

    def __iter__(self) -> Iterator[Entry]:
        try:
            for entry in manifest.read(settings.text("SOURCE")):
                self._sum.update(entry.digest.encode())
                yield entry
        except (ValueError, InputError) as error:
            raise InputError(f"the source cannot be read: {error}") from error

    @property
    def digest(self) -> str:
        return f"sha256:{self._sum.hexdigest()}"


def _compared(store: stores.Store, collection: str, known: Ledger | None, left: set[str]) -> tuple[set[str], list[str]]:
    """Documents that the store lost points of, and points that it holds for no document of the ledger.

    A count that agrees with the ledger is taken for proof. Where it does not, where there is no ledger, or where a run
    died since, the ids are read: what of them the run does not write anew is deleted.
    """
    exists = store.exists(collection)
    if known is not None and exists and not left and store.count(collection) == known.points:
        return set(), []
    held = {point.id for point in store.points(collection)} if exists else set()
    lost = set()
    for document, row in known.rows.items() if known else ():
        wanted = identity.points(document, row.points, known.fingerprint)
        if not held.issuperset(wanted):
            lost.add(document)
        held.difference_update(wanted)
    return lost, sorted(held)


def _reference(run: Run, former: str | None, collection: str, known: Ledger | None) -> Ledger | None:
    """What readers have, against which a loss is measured: the ledger of the index that is live.

    Where a run died between its switch and its ledger, the version published before it is what readers had.
    """
    for name in [former, *(one.collection for one in reversed(versions.read(run)))]:
        found = known if name == collection else name and ledger.read(ledger_address(run, name))
        if found:
            return found
    return known


def _changes(source: Iterable[Entry], known: Ledger, again: set[str]) -> tuple[list[Line], dict[str, int], set[str]]:
    """The documents to do, how many there are of each kind, and every id of the source."""
    changed, seen = [], set()
    counts = dict.fromkeys(("documents", "added", "changed", "repaired", "removed", "unchanged"), 0)
    for entry in source:
        seen.add(entry.id)
        row = known.rows.get(entry.id)
        kind = _kind(entry, row, again)
        counts[kind] += 1
        if kind != "unchanged":
            changed.append(Line(entry, row.points if row else 0))
    counts["documents"] = len(seen)
    return changed, counts, seen


def _kind(entry: Entry, row: ledger.Row | None, again: set[str]) -> str:
    if row is None:
        return "added"
    if row.digest != entry.digest:
        return "changed"
    return "repaired" if entry.id in again else "unchanged"


def _guard_loss(reference: Ledger | None, seen: set[str], sizing: dict[str, Any]) -> None:
    """Stops where the source lost too many documents at once: more often a broken export than a wish."""
    if reference is None or not reference.rows or settings.text("LOSS", "guarded") == "allowed":
        return
    lost = len(reference.rows.keys() - seen)
    share = sizing.get("max_loss", 0.2)
    if lost > share * len(reference.rows):
        raise InputError(
            f"{settings.text('SOURCE')} lost {lost} of {len(reference.rows)} documents since the last run, more than "
            f"the {share:.0%} that one run may delete; nothing was deleted. Fix the source, or set `allow_loss: true`"
        )


def _share(run: Run, changed: list[Line], sizing: dict[str, Any]) -> int:
    """Deals the documents to shards, as many as the size says and no more than there is work for."""
    shards = min(sizing["shards"], -(-len(changed) // sizing["shard_documents"]))
    for number in range(shards):
        shard.write(f"{run.root}/shards/{number}.jsonl", changed[number::shards])
    return shards


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=Path, required=True, help="file for the shards' numbers, a JSON list")
    parser.add_argument("--summary", type=Path, required=True, help="file for the counts, a JSON object")
    flags = parser.parse_args()
    main("discover", lambda: discover(flags.shards, flags.summary))
