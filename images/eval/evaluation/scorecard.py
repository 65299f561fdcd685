"""The contract of scorecard.json and of samples.parquet beside it.

samples.parquet has one row a sample: id, group, ask, answer, references, outcome (answered, empty, failed), error,
finish (why generation ended; `length`: it was cut), contexts (the documents that the model was given, as JSON), a
column `score.<metric>` (0 to 1) for each metric of samples and `counts.<metric>` (a list) for each of the corpus, and
`reason.<metric>` where the judge model gave one.
"""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from runtime import addresses, contract, objects

CONTEXT_LIMIT = 2_000  # of a document that the model was given
TEXT_LIMIT = 20_000  # characters of a question or an answer that are kept; scores are of the whole
BASE = [("id", pa.string()), ("group", pa.string()), ("ask", pa.string()), ("answer", pa.string()),
        ("references", pa.string()), ("outcome", pa.string()), ("error", pa.string()),
        ("finish", pa.string()), ("contexts", pa.string())]  # fmt: skip


def address(root: str) -> str:
    """Return where the scorecard of a run lies."""
    return f"{root}/scorecard.json"


def samples_address(root: str) -> str:
    """Return where its samples lie."""
    return f"{root}/samples.parquet"


def write(root: str, card: dict[str, Any]) -> None:
    """Write the scorecard; it follows samples.parquet, so that a scorecard that exists is complete."""
    contract.write("scorecard", address(root), card)


def read(root: str) -> dict[str, Any]:
    """Return the scorecard of a run."""
    return contract.read("scorecard", address(root))


def schema(kinds: dict[str, str]) -> pa.Schema:
    """Return samples.parquet's columns for these metrics (name -> kind)."""
    columns = list(BASE)
    for name, kind in kinds.items():
        columns.append(
            (f"counts.{name}", pa.list_(pa.float64())) if kind == "corpus" else (f"score.{name}", pa.float64())
        )
        columns.append((f"reason.{name}", pa.string()))
    return pa.schema(columns)


class SamplesWriter:
    """Writes samples.parquet row group by row group; it appears whole at the end or not at all."""

    def __init__(self, root: str, columns: pa.Schema) -> None:
        self._address = samples_address(root)
        self._columns = columns
        self._sink = pa.BufferOutputStream()
        self._writer = pq.ParquetWriter(self._sink, columns, compression="zstd")

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Add rows."""
        self._writer.write_table(pa.Table.from_pylist(rows, schema=self._columns))

    def __enter__(self) -> "SamplesWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        if kind is None:
            objects.write(self._address, memoryview(self._sink.getvalue()).tobytes())


def read_samples(root: str, columns: list[str] | None = None) -> pa.Table:
    """Return samples.parquet, all columns or those named that it has."""
    filesystem, path = addresses.locate(samples_address(root))
    with filesystem.open(path, "rb") as stream:
        file = pq.ParquetFile(stream)
        there = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
        return file.read(columns=there)


def add_columns(target: str, source: str, names: Iterable[str]) -> None:
    """Take over the columns of some metrics of another run's samples, by the samples' ids.

    Args:
        target: the run that gets them, in place of its own of the same names.
        source: the run that has them.
        names: of the metrics.
    """
    table, other = read_samples(target), read_samples(source)
    rows_by_id = {key: row for row, key in enumerate(other["id"].to_pylist())}
    order = pa.array([rows_by_id.get(key) for key in table["id"].to_pylist()], pa.int64())
    for column in (f"{kind}.{name}" for name in names for kind in ("score", "counts", "reason")):
        if column in table.column_names:
            table = table.drop_columns([column])
        if column in other.column_names:
            table = table.append_column(column, other[column].take(order))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    objects.write(samples_address(target), memoryview(sink.getvalue()).tobytes())


def rows(root: str) -> Iterator[dict[str, Any]]:
    """Yield samples.parquet's rows as dicts."""
    for batch in read_samples(root).to_batches(max_chunksize=1000):
        yield from batch.to_pylist()
