"""A document as rows to embed: read, held against its manifest, cut, each chunk with its id and payload."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from runtime import addresses, objects
from runtime.errors import InputError

from index import about, findings, identity
from index.chunker import Chunk, Lengths, tokenizer
from index.manifest import Entry
from index.readers import Unreadable
from index.reading import Limits, Reader


def lengths(folder: Path, model: dict[str, Any], chunking: dict[str, Any]) -> Lengths:
    """Return the lengths of a chunk: the chunking's, or less where the model reads less at once."""
    wrapped = tokenizer(folder).encode(model.get("document_prefix", ""))  # with the tokens that wrap each text
    tokens = min(chunking["tokens"], model["max_tokens"] - len(wrapped.ids))
    return Lengths(tokens, min(chunking["overlap"], tokens // 2), about.context(chunking))


class Cutter:
    """Reads and cuts one document: a row a chunk, or one row that says why there is none.

    Args:
        folder: of the model's files.
        lengths: of a chunk, and what stands before its text.
        fingerprint: of the index.
        limits: what one document may take.
        unknown_share: of a document's characters that the model may not know without a finding.
    """

    def __init__(
        self, folder: Path, lengths: Lengths, fingerprint: str, limits: Limits, unknown_share: float = 1
    ) -> None:
        self.fingerprint, self.limits, self.unknown_share = fingerprint, limits, unknown_share
        self._reader = Reader(folder, lengths, limits)

    def __call__(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the rows of one document.

        Args:
            row: the document's entry of the manifest, its metadata as JSON text.

        Returns:
            A row a chunk, with `id`, `embedded` (the text to embed), `fault` ("") and `payload`. What must be known of
            the document is one more row without text, whose `fault` is a kind of findings.KINDS, and whose `embedded`
            says why.

        Raises:
            TryAgain: the object store did not answer.
        """
        entry = Entry(**{**row, "metadata": orjson.loads(row["metadata"])})
        most = self.limits.file_mib << 20
        try:
            data = objects.read(entry.uri, most + 1)
            if len(data) <= most:
                _same(entry, data)
            cut = self._reader.cut(data, entry.media, entry.title)
        except addresses.NotFound:
            return [self._fault(entry, findings.MISSING, f"{entry.uri} not found")]
        except (_Changed, addresses.Refused) as error:
            return [self._fault(entry, findings.MISSING, str(error))]
        except (Unreadable, InputError) as error:  # InputError: an address that nothing can lie at
            return [self._fault(entry, findings.UNREADABLE, str(error))]
        entry = replace(entry, title=cut.title)
        rows = [self._row(entry, chunk, "", chunk.embedded) for chunk in cut.chunks]
        if not rows:
            rows.append(self._fault(entry, findings.WITHOUT_TEXT, "; ".join(cut.notes)))
        elif cut.unknown > self.unknown_share:
            why = f"the model's tokenizer does not know {cut.unknown:.0%} of its characters"
            rows.append(self._fault(entry, findings.UNKNOWN, "; ".join([why, *cut.notes])))
        elif cut.notes:
            rows.append(self._fault(entry, findings.PARTLY_READ, "; ".join(cut.notes)))
        return rows

    def close(self) -> None:
        """End the process that reads."""
        self._reader.close()

    def _fault(self, entry: Entry, kind: str, why: str) -> dict[str, Any]:
        return self._row(entry, Chunk("", "", 0), kind, why)

    def _row(self, entry: Entry, chunk: Chunk, fault: str, embedded: str) -> dict[str, Any]:
        name = identity.point(entry.id, chunk.position, self.fingerprint)
        return {"id": name, "embedded": embedded, "fault": fault, "payload": _payload(entry, chunk)}


def _payload(entry: Entry, chunk: Chunk) -> dict[str, Any]:
    return {
        "document": entry.id,
        "uri": entry.uri,
        "title": entry.title,
        "heading": chunk.heading,
        "text": chunk.text,
        "position": chunk.position,
        "hash": entry.content,
        "metadata": orjson.dumps(entry.metadata, option=orjson.OPT_SORT_KEYS).decode(),
    }


class _Changed(Exception):
    """The bytes are not those that the manifest names."""


def _same(entry: Entry, data: bytes) -> None:
    """Check the bytes against the manifest's hash, where it has one."""
    kind, _, expected = entry.content.partition(":")
    if kind == "sha256" and (digest := hashlib.sha256(data).hexdigest()) != expected:
        raise _Changed(
            f"{entry.uri} hashes to {digest[:12]}, the manifest says {expected[:12]}; "
            "write the manifest after the documents"
        )
