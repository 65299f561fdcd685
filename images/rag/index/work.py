"""What a run is to do with its collection, by its plan, its shards and its records."""

from __future__ import annotations

from collections.abc import Iterator

from runtime import addresses
from runtime.errors import InputError
from runtime.settings import Run

from index import findings, identity, records, shard
from index.findings import MISSING, UNREADABLE
from index.plan import Plan
from index.shard import PendingDocument


class Work:
    """What is to be done with each document.

    Attributes:
        run: the run.
        planned: its plan.
        counts: points that the run's records hold, by document.
        characters: of their text, by document.
        findings: what must be known of documents, by document.

    Raises:
        InputError: a shard was not embedded.
    """

    def __init__(self, run: Run, planned: Plan) -> None:
        self.run, self.planned = run, planned
        self.counts: dict[str, int] = {}
        self.characters: dict[str, int] = {}
        self.findings = {finding.document: finding for finding in findings.of_run(run)}
        for number in range(planned.shards):
            try:
                points, characters = records.counts(f"{run.root}/records/{number}.parquet")
            except addresses.NotFound as error:
                raise InputError(f"the records of shard {number} are missing: embed must run first") from error
            self.counts |= points
            self.characters |= characters

    def keeps(self, document: PendingDocument) -> bool:
        """Return whether the index keeps what it has of a document, since the source does not give it now.

        What a dead run has half overwritten is not kept: no version of the document is in it whole.
        """
        finding = self.findings.get(document.entry.id)
        return finding is not None and finding.kind in (UNREADABLE, MISSING) and document.points > 0 and document.whole

    def changed(self) -> Iterator[PendingDocument]:
        """Yield the documents that the source added or changed."""
        for number in range(self.planned.shards):
            yield from shard.read(f"{self.run.root}/shards/{number}.jsonl")

    def removed(self) -> Iterator[PendingDocument]:
        """Yield the documents that the source no longer has."""
        yield from shard.read(f"{self.run.root}/removed.jsonl")

    def relabelled(self) -> Iterator[PendingDocument]:
        """Yield the documents of which the metadata alone has changed."""
        yield from shard.read(f"{self.run.root}/relabelled.jsonl")

    def replaced(self) -> Iterator[PendingDocument]:
        """Yield each document whose vectors this run writes anew or takes out."""
        yield from (document for document in self.changed() if not self.keeps(document))
        yield from self.removed()

    def intended(self) -> Iterator[PendingDocument]:
        """Yield each document that this run writes or takes out."""
        yield from self.replaced()
        yield from self.relabelled()

    def leftover(self) -> Iterator[str]:
        """Yield ids of the points that must go."""
        for line in self.changed():
            if self.keeps(line):
                continue
            for number in range(self.counts.get(line.entry.id, 0), line.points):
                yield identity.point(line.entry.id, number, self.planned.fingerprint)
        for line in self.removed():
            yield from identity.points(line.entry.id, line.points, self.planned.fingerprint)
        orphans = set(self.planned.orphans)
        for document, count in self.counts.items() if orphans else ():
            orphans.difference_update(identity.points(document, count, self.planned.fingerprint))
        yield from sorted(orphans)
