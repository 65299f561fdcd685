"""What the owner of a source must know of its documents: which cannot be read, are missing, have no text, and why.

A finding stays in the ledger, and is named on every run, until the document's content is another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from runtime import receipt
from runtime.errors import InputError
from runtime.settings import Run
from runtime.words import plural

from index.ledger import Ledger
from index.plan import Plan

UNREADABLE, MISSING, WITHOUT_TEXT = "unreadable", "missing", "without_text"
PARTLY_READ, UNKNOWN = "partly_read", "unknown_to_model"
KINDS = {
    UNREADABLE: "cannot be read",
    MISSING: "could not be fetched as the source names it, and is left for the next run",
    WITHOUT_TEXT: "has no text",
    PARTLY_READ: "was read in part, or by a guess",
    UNKNOWN: "is written in what the embedding model does not know, and answers at random",
}
_PLURAL = {
    UNREADABLE: "cannot be read",
    MISSING: "could not be fetched as the source names them, and are left for the next run",
    WITHOUT_TEXT: "have no text",
    PARTLY_READ: "were read in part, or by a guess",
    UNKNOWN: "are written in what the embedding model does not know, and answer at random",
}
_SHARE = 0.1  # of the index; beyond it the source is wrong, and not some documents of it


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding on one document.

    Attributes:
        document: its id.
        kind: one of KINDS.
        why: the reason, for a person.
        kept: whether readers still see the last version of it that was good.
    """

    document: str
    kind: str
    why: str
    kept: bool = False

    def __str__(self) -> str:
        return f"{self.document!r}: {self.why}{' (its last good version stays)' if self.kept else ''}"


def of_run(run: Run) -> list[Finding]:
    """Return the findings of the run's shards."""
    facts = [part["facts"] for step, part in receipt.parts(run).items() if step.startswith("embed-")]
    return [Finding(**each) for shard in facts for each in shard["findings"]]


def of_ledger(ledger: Ledger) -> list[Finding]:
    """Return the findings on the documents of an index, by document."""
    rows = sorted(ledger.rows.items())
    return [Finding(name, row.finding, row.why, bool(row.seen and row.points)) for name, row in rows if row.finding]


def check(findings: Iterable[Finding], plan: Plan) -> None:
    """Refuse a source of which too much cannot be read.

    Raises:
        InputError: more than a tenth of the index became unreadable or missing in this run, and more than one document.
    """
    documents = plan.counts["documents"]
    faulty = [finding for finding in findings if finding.kind in (UNREADABLE, MISSING)]
    if len(faulty) > max(1, _SHARE * documents):
        raise InputError(f"{len(faulty)} of {plural(documents, 'document')} cannot be read; the first: {faulty[0]}")


def by_kind(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Return the findings by their kind, every kind among them."""
    kinds: dict[str, list[Finding]] = {kind: [] for kind in KINDS}
    for finding in findings:
        kinds[finding.kind].append(finding)
    return kinds


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many documents each kind of finding names."""
    return {kind: len(of_kind) for kind, of_kind in by_kind(findings).items()}


def facts(findings: Iterable[Finding]) -> dict[str, list[dict[str, Any]]]:
    """Return the findings by kind as the receipt has them."""
    return {
        kind: [{name: value for name, value in asdict(each).items() if name != "kind"} for each in of_kind]
        for kind, of_kind in by_kind(findings).items()
    }


def sentences(findings: Iterable[Finding], named: int) -> Iterator[str]:
    """Yield a line for a person on each kind, which names so many documents at most."""
    for kind, of_kind in by_kind(findings).items():
        if of_kind:
            yield f"{len(of_kind)} {(_PLURAL if len(of_kind) > 1 else KINDS)[kind]}: {_list(of_kind, named)}"


def _list(findings: Sequence[Finding], named: int) -> str:
    more = f" and {len(findings) - named} more" if len(findings) > named else ""
    return f"{'; '.join(map(str, findings[:named]))}{more}"
