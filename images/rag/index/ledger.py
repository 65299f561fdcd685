"""ledger.parquet: what a collection holds, a row a document; committed last. Schema: contracts/ledger.schema.json.

The keys of the documents' metadata, with their kinds, are in the file's own metadata, where a search finds them without
reading rows. Files until 28 November 2026 lack the columns of findings: nothing was found on their documents. Files
until 29 November lack metadata, and those of that day may lack characters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from runtime import contract, objects

from index import identity
from index.metadata import Keys, gathered

NEVER = "-"  # no entry has such a digest
_ROWS = 65_536
SCHEMA = pa.schema(
    [
        pa.field("document", pa.string(), nullable=False),
        pa.field("content", pa.string(), nullable=False),
        pa.field("digest", pa.string(), nullable=False),
        pa.field("fingerprint", pa.dictionary(pa.int8(), pa.string()), nullable=False),
        pa.field("points", pa.list_(pa.string()), nullable=False),
        pa.field("seen", pa.string(), nullable=False),
        pa.field("finding", pa.string(), nullable=False),
        pa.field("why", pa.string(), nullable=False),
        pa.field("metadata", pa.string(), nullable=False),
        pa.field("characters", pa.int64(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document as indexed.

    Attributes:
        content: its content hash.
        digest: of the manifest entry that it was indexed by; "" where it never was.
        points: how many points it has.
        seen: digest of a later entry by which it could not be read, so that the index keeps what it had; `NEVER` where
            the next run must try again whatever the entry says; "" where `digest` is the last that was seen.
        finding: what its owner must know of it, a kind of findings.KINDS; "" for nothing.
        why: the finding's reason.
        metadata: as its points carry it, JSON text; "" for none.
        characters: of its chunks' text; 0 where the file does not say.
    """

    content: str
    digest: str
    points: int
    seen: str = ""
    finding: str = ""
    why: str = ""
    metadata: str = ""
    characters: int = 0


@dataclass
class Ledger:
    """The documents of one collection.

    Attributes:
        fingerprint: of the collection, with which a point's id follows from its document and number.
        run: the run that committed it.
        rows: by document id.
        limits: what one document could take when it was read; with others an unreadable one is tried again.
        sources: the names of the sources that its documents came from; empty in files until 28 November 2026.
        keys: what the metadata of documents with points holds, as `gather` finds it.
    """

    fingerprint: str
    run: str = ""
    rows: dict[str, IndexedDocument] = field(default_factory=dict)
    limits: str = ""
    sources: tuple[str, ...] = ()
    keys: Keys = field(default_factory=dict)

    def gather(self) -> None:
        """Set `keys` by the rows.

        Raises:
            InputError: there are more than an index can be filtered by.
        """
        self.keys = gathered((name, self.rows[name].metadata) for name in sorted(self.rows) if self.rows[name].points)

    @property
    def points(self) -> int:
        """How many points the collection must hold."""
        return sum(row.points for row in self.rows.values())

    @property
    def version(self) -> str:
        """The index's version: equal when the index is."""
        total = hashlib.sha256()
        for document in sorted(self.rows):
            total.update(f"{document}\0{self.rows[document].digest}\0".encode())
        return f"{self.fingerprint[:12]}-{total.hexdigest()[:12]}"


def write(address: str, ledger: Ledger) -> None:
    """Write the ledger, sorted by document, in bounded row groups."""
    names = sorted(ledger.rows)
    facts = {"fingerprint": ledger.fingerprint, "run": ledger.run, "limits": ledger.limits}
    facts["sources"] = ",".join(ledger.sources)
    facts["keys"] = orjson.dumps(ledger.keys).decode()
    schema = SCHEMA.with_metadata({"version": str(contract.version("ledger")), **facts})
    with objects.writing(address) as stream, pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for start in range(0, len(names), _ROWS):
            part = names[start : start + _ROWS]
            rows = [ledger.rows[name] for name in part]
            writer.write_table(_table(part, rows, ledger.fingerprint, schema))
        if not names:
            writer.write_table(schema.empty_table())


def _table(names: list[str], rows: list[IndexedDocument], fingerprint: str, schema: pa.Schema) -> pa.Table:
    points = [identity.points(name, row.points, fingerprint) for name, row in zip(names, rows, strict=True)]
    columns = {
        "document": names,
        "content": [row.content for row in rows],
        "digest": [row.digest for row in rows],
        "fingerprint": pa.DictionaryArray.from_arrays(pa.array([0] * len(rows), pa.int8()), [fingerprint]),
        "points": points,
        "seen": [row.seen for row in rows],
        "finding": [row.finding for row in rows],
        "why": [row.why for row in rows],
        "metadata": [row.metadata for row in rows],
        "characters": [row.characters for row in rows],
    }
    return pa.table(columns, schema=schema)


def read(address: str, fingerprint: str | None = None) -> Ledger | None:
    """Return the ledger at the address; None where there is none. Where no `fingerprint` is asked for, any is right.

    Raises:
        InputError: it has a version that this program does not read.
        ValueError: it is of another fingerprint.
    """
    if not objects.exists(address):
        return None
    with objects.reading(address) as stream:
        file = pq.ParquetFile(stream)
        facts = {key.decode(): value.decode() for key, value in (file.schema_arrow.metadata or {}).items()}
        held = facts.get("version", "")
        contract.check_version("ledger", int(held) if held.isdecimal() else held, address)
        if fingerprint is not None and facts["fingerprint"] != fingerprint:
            raise ValueError(f"{address}: of fingerprint {facts['fingerprint'][:12]}, not {fingerprint[:12]}")
        ledger = Ledger(facts["fingerprint"], facts["run"], limits=facts.get("limits", ""))
        ledger.sources = _names(facts.get("sources", ""))
        ledger.keys = _keys(facts.get("keys", "{}"))
        for batch in file.iter_batches(_ROWS):
            ledger.rows.update(_rows(batch))
    return ledger


def keys(address: str) -> Keys | None:
    """Return what the documents' metadata holds; None where there is no ledger, or one that does not say."""
    if not objects.exists(address):
        return None
    with objects.reading(address) as stream:
        facts = pq.ParquetFile(stream).schema_arrow.metadata or {}
    if (text := facts.get(b"keys")) is None:
        return None
    return _keys(text)


def source_names(address: str) -> tuple[str, ...] | None:
    """Return the names of the sources that the documents came from; None where there is no ledger."""
    if not objects.exists(address):
        return None
    with objects.reading(address) as stream:
        facts = pq.ParquetFile(stream).schema_arrow.metadata or {}
    return _names(facts.get(b"sources", b"").decode())


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _keys(text: str | bytes) -> Keys:
    held = orjson.loads(text)
    return {key: {kind: (count, first) for kind, (count, first) in kinds.items()} for key, kinds in held.items()}


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[str, IndexedDocument]]:
    # Lengths alone: the ids follow from the document and its number, and a million of them are not held in memory.
    columns = [batch.column(name).to_pylist() for name in ("document", "content", "digest")]
    counts = batch.column("points").value_lengths().to_pylist()
    names = {"seen": "", "finding": "", "why": "", "metadata": "", "characters": 0}
    later = [
        batch.column(name).to_pylist() if name in batch.schema.names else [absent] * batch.num_rows
        for name, absent in names.items()
    ]
    for document, content, digest, count, *facts in zip(*columns, counts, *later, strict=True):
        yield document, IndexedDocument(content, digest, count, *facts)
