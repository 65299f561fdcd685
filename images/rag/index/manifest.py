"""manifest.jsonl: a source's documents, one a line. Schema: contracts/manifest.schema.json."""

from __future__ import annotations

import codecs
import hashlib
import json
import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from runtime import addresses, objects

from index.metadata import stored
from index.readers import media_type

VERSION = 1
_TEXTS = ("id", "uri", "sha256", "etag", "title", "media")
_KEYS = frozenset({*_TEXTS, "version", "metadata"})
LONGEST = {"id": 4000, "title": 8000}  # bytes; Milvus keeps an id in 4,096, and a payload in 64 KiB
_LONGEST_KEY = 200
_MOST_VALUES = 1000  # with three labels a value, within what Milvus has in an array
_LARGEST_METADATA = 32 << 10  # bytes; Milvus keeps a payload in 64 KiB


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a source.

    Attributes:
        id: its name in the source, which outlives its place and its content.
        uri: s3:// address of its bytes.
        content: `sha256:<hex>` of the bytes or `etag:<etag>`: what changes when they do.
        title: for people; empty where the source gives none.
        media: media type; by the uri's suffix where the source gives none.
        metadata: values that searches may filter by: text, numbers, booleans, dates as text, and lists of them.
    """

    id: str
    uri: str
    content: str
    title: str = ""
    media: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def described(self) -> str:
        """The metadata as JSON text, equal for equal metadata; "" for none."""
        return orjson.dumps(self.metadata, option=orjson.OPT_SORT_KEYS).decode() if self.metadata else ""

    @property
    def digest(self) -> str:
        """What changes when anything that the index shows of the document does."""
        parts = [self.id, self.uri, self.content, self.title, self.media, self.metadata]
        return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def line(entry: Entry) -> bytes:
    """Return the entry as a line of a manifest, with its newline."""
    kind, _, value = entry.content.partition(":")
    row = {"version": VERSION, "id": entry.id, "uri": entry.uri, kind: value, "title": entry.title}
    row |= {"media": entry.media, "metadata": entry.metadata}
    return orjson.dumps({key: value for key, value in row.items() if value != "" and value != {}}) + b"\n"


def parse(raw: bytes, where: str) -> Entry:
    """Return an entry from a line of a manifest.

    Raises:
        ValueError: the line does not fit the schema; the message says where and why.
    """
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"{where}: not a JSON object: {error}") from error
    if fault := _fault(row) or _rounded(raw, row.get("metadata", {})):
        raise ValueError(f"{where}: {fault}; see images/contracts/manifest.schema.json")
    content = f"sha256:{row['sha256']}" if "sha256" in row else f"etag:{row['etag']}"
    media = media_type(row.get("media", ""), row["uri"]) or "text/plain"
    return Entry(row["id"], row["uri"], content, row.get("title", ""), media, row.get("metadata", {}))


def _fault(row: Any) -> str:
    """Return the line's first problem, or None. jsonschema would take minutes over a million lines."""
    if not isinstance(row, dict):
        return "not a JSON object"
    if unknown := sorted(row.keys() - _KEYS):
        return f"unknown key {unknown[0]!r}"
    if type(version := row.get("version", VERSION)) is not int or version != VERSION:
        return f"version {version!r} is not {VERSION}"
    for key in ("id", "uri"):
        if not row.get(key):
            return f"{key!r} is missing"
    for key in _TEXTS:
        if key in row and not isinstance(row[key], str):
            return f"{key!r} must be text"
    for key, most in LONGEST.items():
        if len(row.get(key, "")) > most // 4 and len(row[key].encode()) > most:
            return f"{key!r} is longer than {most} bytes"
    if "sha256" not in row and not row.get("etag"):
        return "'sha256' or 'etag' is required"
    if "sha256" in row and not (len(row["sha256"]) == 64 and set(row["sha256"]) <= set("0123456789abcdef")):
        return "'sha256' must be 64 lower-case hexadecimal digits"
    if not row["uri"].startswith("s3://"):
        return f"'uri' is {row['uri']!r} and not an s3:// address"
    return _metadata_fault(row.get("metadata", {}))


def _metadata_fault(metadata: Any) -> str:
    if not isinstance(metadata, dict):
        return "'metadata' must be an object"
    values = 0
    for key, value in metadata.items():
        if not 0 < len(key) <= _LONGEST_KEY:
            return f"metadata {key[:20]!r}: a key has 1 to {_LONGEST_KEY} characters"
        listed = value if isinstance(value, list) else [value]
        values += len(listed)
        if not all(isinstance(each, str | int | float | bool) for each in listed):
            return (
                f"metadata {key!r} must be text, a number, a boolean or a list of them; without a value, leave it out"
            )
    if values > _MOST_VALUES:
        return f"metadata has {values} values, more than the {_MOST_VALUES} that a document may have"
    if metadata and len(orjson.dumps(metadata)) > _LARGEST_METADATA:
        return f"metadata is larger than {_LARGEST_METADATA >> 10} KiB; it is stored with each point"
    return ""


def _rounded(raw: bytes, metadata: Mapping[str, Any]) -> str:
    """Return which of a line's whole numbers has more than 64 bits: orjson makes a float of it, without a word."""
    if not any(isinstance(each, float) and abs(each) >= 2**63 for each in _values(metadata)):
        return ""
    for key, value in json.loads(raw)["metadata"].items():
        for each in _values({key: value}):
            if isinstance(each, int) and not stored(each):
                return f"metadata {key!r}: {each} has more than 64 bits; write it as text"
    return ""


def _values(metadata: Mapping[str, Any]) -> Iterator[Any]:
    for value in metadata.values():
        yield from value if isinstance(value, list) else [value]


def read(source: str, skipped: Counter[str] | None = None) -> Iterator[Entry]:
    """Yield the documents of a source: the lines of its manifest, or, for an address that is a prefix, its objects.

    A document named twice by equal lines counts once.

    Args:
        source: the address.
        skipped: counts, by suffix, the objects of a prefix that no reader reads.

    Raises:
        ValueError: a line is wrong, or two lines give one id different contents.
        NotFound: there is nothing at the address.
    """
    seen: dict[str, str] = {}
    for where, entry in _lines(source) if source.endswith(".jsonl") else _listed(source, skipped):
        if (before := seen.get(entry.id)) is not None:
            if before != entry.digest:
                raise ValueError(f"{where}: document {entry.id!r} appears twice with different contents")
            continue
        seen[entry.id] = entry.digest
        yield entry


def _lines(source: str) -> Iterator[tuple[str, Entry]]:
    with objects.reading(source) as stream:
        for number, raw in enumerate(stream, 1):
            raw = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
            if raw.strip():
                where = f"{source}:{number}"
                yield where, parse(raw, where)


def _listed(source: str, skipped: Counter[str] | None) -> Iterator[tuple[str, Entry]]:
    entries = objects.entries(source)
    if not entries:
        raise addresses.NotFound(f"{source}: no manifest or documents found")
    for entry in entries:
        if media := media_type("", entry.name):
            yield entry.address, Entry(entry.name, entry.address, f"etag:{entry.etag}", "", media)
        elif skipped is not None:
            skipped[posixpath.splitext(entry.name)[1].lower() or "no suffix"] += 1
