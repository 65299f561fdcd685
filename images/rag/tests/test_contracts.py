"""What each module writes fits the schema beside it, and each module refuses what its schema refuses."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest
from index import canaries, identity, ledger, manifest, records, shard
from index.ledger import IndexedDocument, Ledger
from index.manifest import Entry
from index.shard import PendingDocument
from runtime import contract, objects
from runtime.errors import InputError
from schemas import SCHEMAS, fits, validator

HASH = "ab" * 32
ENTRY = Entry("a/b", "s3://docs/b.txt", f"sha256:{HASH}", "T", "text/plain", {"lang": "en", "year": 2024})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OBJECTS", f"file://{tmp_path}")
    return tmp_path


def test_every_schema_is_held_against_something(folder: Path) -> None:
    written_here = {"manifest", "shard", "record", "ledger", "plan", "versions", "canary", "receipt"}
    assert written_here <= {file.name.removesuffix(".schema.json") for file in SCHEMAS.glob("*.schema.json")}


@pytest.mark.parametrize("entry", [ENTRY, Entry("x", "s3://b/x.html", "etag:7", "", "text/html")])
def test_a_manifest_line_fits_and_comes_back(entry: Entry) -> None:
    fits("manifest", orjson.loads(manifest.line(entry)))
    assert manifest.parse(manifest.line(entry), "here:1") == entry


LEAST = {"id": "a", "uri": "s3://b/a.txt", "sha256": HASH}
LINES = [
    LEAST,
    {**LEAST, "version": 1, "title": "t", "media": "text/html", "metadata": {"a": 1, "b": "x", "c": True, "d": 0.5}},
    {"id": "a", "uri": "s3://b/a", "etag": "x"},
    {**LEAST, "etag": "x"},
    {**LEAST, "version": 2},
    {**LEAST, "version": "1"},
    {**LEAST, "version": True},
    {**LEAST, "extra": 1},
    {"uri": "s3://b/a", "etag": "x"},
    {**LEAST, "id": ""},
    {**LEAST, "id": 7},
    {**LEAST, "uri": "file:///etc/passwd"},
    {"id": "a", "uri": "s3://b/a"},
    {**LEAST, "sha256": "AB" * 32},
    {**LEAST, "sha256": ""},
    {"id": "a", "uri": "s3://b/a", "etag": ""},
    {**LEAST, "title": None},
    {**LEAST, "metadata": []},
    {**LEAST, "metadata": {"a": [1, "b", True], "c": [], "d": "2024-05-01"}},
    {**LEAST, "metadata": {"a": [[1]]}},
    {**LEAST, "metadata": {"a": [None]}},
    {**LEAST, "metadata": {"a": {"b": 1}}},
    {**LEAST, "metadata": {"": 1}},
    {**LEAST, "metadata": {"k" * 201: 1}},
    {**LEAST, "metadata": {"a": list(range(1000))}},
    {**LEAST, "metadata": {"a": list(range(1001))}},
    {**LEAST, "metadata": {"a": None}},
    {**LEAST, "id": "x" * 4000, "title": "x" * 8000},
    {**LEAST, "id": "x" * 4001},
    {**LEAST, "title": "x" * 8001},
    [],
    "text",
]


@pytest.mark.parametrize("row", LINES, ids=range(len(LINES)))
def test_the_reader_by_hand_agrees_with_the_schema(row: Any) -> None:
    # JSON Schema takes true for 1, since JavaScript's numbers do; the reader does not.
    fine = validator("manifest").is_valid(row) and not (isinstance(row, dict) and row.get("version") is True)
    assert taken(row) == fine


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({"a": list(range(600)), "b": list(range(401))}, "metadata has 1001 values, more than the 1000"),
        ({"a": "x" * 40_000}, "metadata is larger than 32 KiB; it is stored with each point"),
        ({"a": None}, "must be text, a number, a boolean or a list of them; without a value, leave it out"),
    ],
)
def test_metadata_has_limits_that_its_schema_cannot_say(metadata: Any, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        manifest.parse(orjson.dumps({**LEAST, "metadata": metadata}), "m:1")


def taken(row: Any) -> bool:
    """Return whether the reader takes the line; what it refuses, it refuses by its place."""
    try:
        manifest.parse(orjson.dumps(row), "m:1")
    except ValueError as error:
        if not str(error).startswith("m:1: "):
            raise
        return False
    return True


def test_an_id_is_counted_in_bytes() -> None:
    with pytest.raises(ValueError, match="m:1: 'id' is longer than 4000 bytes"):
        manifest.parse(orjson.dumps({**LEAST, "id": "\u00fc" * 2001}), "m:1")


def test_shard_lines_fit_and_come_back(folder: Path) -> None:
    lines = [PendingDocument(ENTRY, 3), PendingDocument(Entry("gone", "", ""), 2)]
    assert shard.write("s3://a/s.jsonl", lines) == 2
    for raw in objects.read("s3://a/s.jsonl").splitlines():
        fits("shard", orjson.loads(raw))
    assert list(shard.read("s3://a/s.jsonl")) == lines


def test_records_fit_and_come_back(folder: Path) -> None:
    print_ = "f" * 64
    ids = identity.points("a", 3, print_)
    vectors = np.arange(12, dtype=np.float32).reshape(3, 4)
    payload = {"document": "a", "uri": "s3://b/a", "title": "", "heading": "", "text": "x", "hash": f"sha256:{HASH}"}
    payloads = [{**payload, "position": place, "metadata": "{}"} for place in range(3)]
    table = records.table(ids, vectors, payloads)
    assert records.write("s3://a/0.parquet", 4, [table.slice(0, 2), table.slice(2)]) == 3
    for row in pq.read_table(folder / "a/0.parquet").to_pylist():
        fits("record", row)
    read = list(records.read("s3://a/0.parquet", 4, rows=2))
    assert [name for batch, _, _ in read for name in batch] == ids
    assert np.array_equal(np.concatenate([batch for _, batch, _ in read]), vectors)
    assert [stored for _, _, batch in read for stored in batch] == payloads
    points, characters = records.counts("s3://a/0.parquet")
    assert (points, characters) == ({"a": 3}, {"a": sum(len(each["text"]) for each in payloads)})
    with pytest.raises(ValueError, match=r"holds .* where .*dimension.* was expected"):
        next(records.read("s3://a/0.parquet", 8))


def test_a_vector_that_is_not_finite_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="the model gave a vector with a value that is not finite"):
        records.table(["x"], np.array([[np.nan, 1]], np.float32), [{}])


def test_the_ledger_fits_and_comes_back(folder: Path) -> None:
    made = Ledger(
        "f" * 64,
        "run",
        {"a": IndexedDocument(f"sha256:{HASH}", HASH, 2, characters=9), "b": IndexedDocument("etag:1", HASH, 0)},
    )
    ledger.write("s3://a/ledger.parquet", made)
    rows = pq.read_table(folder / "a/ledger.parquet").to_pylist()
    for row in rows:
        fits("ledger", row)
    assert rows[0]["points"] == identity.points("a", 2, "f" * 64)
    assert ledger.read("s3://a/ledger.parquet", "f" * 64) == made
    assert ledger.read("s3://a/none.parquet") is None
    with pytest.raises(ValueError, match="of fingerprint ffffffffffff, not 000000000000"):
        ledger.read("s3://a/ledger.parquet", "0" * 64)


def test_a_ledger_of_before_it_held_findings_and_metadata_is_read(folder: Path) -> None:
    """As a release until 28 November wrote it: the same version, fewer columns."""
    made = Ledger("f" * 64, "run", {"a": IndexedDocument(f"sha256:{HASH}", HASH, 2)})
    ledger.write("s3://a/l.parquet", made)
    table = pq.read_table(folder / "a/l.parquet").drop_columns(["seen", "finding", "why", "metadata"])
    facts = {key: table.schema.metadata[key] for key in (b"version", b"fingerprint", b"run")}
    pq.write_table(table.replace_schema_metadata(facts), folder / "a/l.parquet")
    assert ledger.read("s3://a/l.parquet") == made


def test_a_revert_by_one_release_reads_what_the_later_one_committed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One release reads version 2 and writes 1, the next one writes 2: images/contracts/README.md."""
    made, reads = Ledger("f" * 64, "run"), [(1,), (1, 2), (2, 1), (2,)]
    for former, later in itertools.pairwise(reads):
        for writer, reader in ((former, later), (later, former)):
            monkeypatch.setattr(contract, "readable", lambda _, of=writer: of)
            ledger.write("s3://a/l.parquet", made)
            monkeypatch.setattr(contract, "readable", lambda _, of=reader: of)
            assert ledger.read("s3://a/l.parquet") == made
    monkeypatch.setattr(contract, "readable", lambda _: (1,))
    ledger.write("s3://a/l.parquet", made)
    monkeypatch.setattr(contract, "readable", lambda _: (2,))
    with pytest.raises(InputError, match=r"l.parquet: version 1 of ledger; this program reads 2"):
        ledger.read("s3://a/l.parquet")


def test_an_empty_ledger_comes_back(folder: Path) -> None:
    ledger.write("s3://a/l.parquet", Ledger("f" * 64, "run"))
    assert ledger.read("s3://a/l.parquet") == Ledger("f" * 64, "run")


def test_point_ids_are_the_standard_librarys_uuid5() -> None:
    import uuid

    space = uuid.UUID("5d1f3f2e-6a0b-5c6e-9a6f-8f2c1f0e7a11")
    for document, chunk in [("a", 0), ("ä/ö", 17), ("x\ny", 2**31)]:
        assert identity.point(document, chunk, "f") == str(uuid.uuid5(space, f"{document}\0{chunk}\0f"))


@pytest.mark.parametrize(
    ("model", "chunking", "distance"),
    [
        ({"revision": "b"}, {}, "cosine"),
        ({"pooling": "cls"}, {}, "cosine"),
        ({"document_prefix": "passage: "}, {}, "cosine"),
        ({}, {"tokens": 100}, "cosine"),
        ({}, {"overlap": 8}, "cosine"),
        ({}, {}, "dot"),
    ],
)
def test_the_fingerprint_changes_with_what_changes_an_index(model: dict, chunking: dict, distance: str) -> None:
    base, cut = {"revision": "a", "dimension": 4, "summary": "x"}, {"tokens": 200, "overlap": 32}
    same = identity.fingerprint({**base, "summary": "y"}, {**cut, "summary": "z"}, "cosine")
    assert same == identity.fingerprint(base, cut, "cosine"), "words for people change no index"
    assert identity.fingerprint({**base, **model}, {**cut, **chunking}, distance) != same


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "not JSON"),
        (b'{"version": 2, "question": "q", "documents": ["a"]}', "not a JSON object of version 1"),
        (b'{"question": "q", "documents": []}', "with at least one document"),
        (b'{"question": " ", "documents": ["a"]}', "with at least one document"),
    ],
)
def test_a_wrong_canary_says_where(folder: Path, line: bytes, why: str) -> None:
    objects.write("s3://a/c.jsonl", b"\n" + line)
    with pytest.raises(ValueError, match=rf"s3://a/c.jsonl:2: .*{why}"):
        canaries.read("s3://a/c.jsonl")
