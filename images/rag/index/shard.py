"""shards/<i>.jsonl: the changed documents that one embed pod takes. Schema: contracts/shard.schema.json.

relabelled.jsonl, removed.jsonl and a run's intent have the same lines: a document, and how many points of it the ledger
knows.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from runtime import objects

from index.manifest import Entry

VERSION = 1


@dataclass(frozen=True, slots=True)
class PendingDocument:
    """A document to do.

    Attributes:
        entry: the document; for a removed one only its id is known.
        points: how many points of it the collection holds by the ledger, so that those left over are deleted.
        whole: whether they are all there and of one version: what a dead run has half overwritten is not kept.
    """

    entry: Entry
    points: int = 0
    whole: bool = True


def write(address: str, lines: Iterable[PendingDocument]) -> int:
    """Write the lines and return how many there were."""
    out, count = io.BytesIO(), 0
    for pending in lines:
        entry = pending.entry
        row: dict[str, Any] = {"version": VERSION, "id": entry.id, "points": pending.points}
        if not pending.whole:
            row["whole"] = False
        if entry.uri:
            row |= {"uri": entry.uri, "content": entry.content, "title": entry.title}
            row |= {"media": entry.media, "metadata": entry.metadata}
        out.write(orjson.dumps(row) + b"\n")
        count += 1
    objects.write(address, out.getvalue())
    return count


def read(address: str) -> Iterator[PendingDocument]:
    """Yield the lines at the address.

    Raises:
        ValueError: another version wrote them.
    """
    with objects.reading(address) as stream:
        for raw in stream:
            row = orjson.loads(raw)
            if row.pop("version") != VERSION:
                raise ValueError(f"{address}: written by another version of the programs")
            points, whole = row.pop("points"), row.pop("whole", True)
            if "uri" not in row:
                row |= {"uri": "", "content": ""}
            yield PendingDocument(Entry(**row), points, whole)
