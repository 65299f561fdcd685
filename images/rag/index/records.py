"""records/<i>.parquet: a shard's points as {id, vector, payload}. Schema: contracts/record.schema.json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from runtime import objects

VERSION = 1
PAYLOAD = pa.struct(
    [
        pa.field("document", pa.string()),
        pa.field("uri", pa.string()),
        pa.field("title", pa.string()),
        pa.field("heading", pa.string()),
        pa.field("text", pa.string()),
        pa.field("position", pa.int32()),
        pa.field("hash", pa.string()),
        pa.field("metadata", pa.string()),
    ]
)


def schema(dimension: int) -> pa.Schema:
    """Return the file's schema for vectors of `dimension` float32 values."""
    fields = [
        pa.field("id", pa.string(), nullable=False),
        pa.field("vector", pa.list_(pa.float32(), dimension), nullable=False),
        pa.field("payload", PAYLOAD, nullable=False),
    ]
    return pa.schema(fields, metadata={"version": str(VERSION), "dimension": str(dimension)})


def table(ids: list[str], vectors: np.ndarray, payloads: list[dict[str, Any]]) -> pa.Table:
    """Return points as a table. `vectors` is float32[n, d].

    Raises:
        ValueError: a vector holds a value that is not finite.
    """
    if not np.isfinite(vectors).all():
        raise ValueError("the model gave a vector with a value that is not finite")
    flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1))
    arrays = [
        pa.array(ids, pa.string()),
        pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
        pa.array(payloads, PAYLOAD),
    ]
    return pa.Table.from_arrays(arrays, schema=schema(vectors.shape[1]))


def write(address: str, dimension: int, tables: Iterable[pa.Table]) -> int:
    """Write tables as they come, a row group each, and return the number of points."""
    count = 0
    with objects.writing(address) as stream, pq.ParquetWriter(stream, schema(dimension), compression="zstd") as writer:
        for batch in tables:
            writer.write_table(batch)
            count += batch.num_rows
        if not count:
            writer.write_table(schema(dimension).empty_table())
    return count


def read(
    address: str, dimension: int, rows: int = 1024
) -> Iterator[tuple[list[str], np.ndarray, list[dict[str, Any]]]]:
    """Yield the file's points in batches of (ids, vectors float32[n, dimension], payloads).

    Raises:
        ValueError: another version wrote the file, or its vectors have another dimension.
    """
    with objects.reading(address) as stream:
        file = pq.ParquetFile(stream)
        expected = {b"version": str(VERSION).encode(), b"dimension": str(dimension).encode()}
        if (metadata := file.schema_arrow.metadata or {}) != expected:
            raise ValueError(f"{address}: holds {metadata} where {expected} was expected")
        for batch in file.iter_batches(rows):
            vectors = batch.column("vector").flatten().to_numpy().reshape(-1, dimension)
            yield batch.column("id").to_pylist(), vectors, batch.column("payload").to_pylist()


def counts(address: str) -> tuple[Counter[str], Counter[str]]:
    """Return how many points the file holds of each document, and how many characters of text; reads those columns."""
    points: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    with objects.reading(address) as stream:
        for batch in pq.ParquetFile(stream).iter_batches(8192, columns=["payload.document", "payload.text"]):
            documents = batch.column("payload").field("document").to_pylist()
            lengths = pc.utf8_length(batch.column("payload").field("text")).to_pylist()
            points.update(documents)
            for document, length in zip(documents, lengths, strict=True):
                characters[document] += length or 0
    return points, characters
