"""The contract of tokens/<digest>/: packed rows as token ids, with a loss mask and the length of each row.

train.arrow is an Arrow IPC file, uncompressed, so that a trainer maps it and reads any pack without the rest. A pack
holds whole rows, one after the other, of at most `sequence` tokens together. tokens.json is written last: without it
the tokens do not exist.
"""

import hashlib
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
from runtime import contract, objects

MANIFEST = "tokens.json"
TABLE = "train.arrow"
BATCH = 256  # packs in a record batch: about a megabyte
SCHEMA = pa.schema(
    {
        "tokens": pa.list_(pa.int32()),
        "loss_mask": pa.list_(pa.uint8()),  # 1 where the token is an answer's
        "lengths": pa.list_(pa.int32()),  # tokens of each row in the pack
        "lines": pa.list_(pa.int64()),  # each row's line in the dataset
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as tokens.

    Attributes:
        line: its line in the dataset.
        ids: int32[n].
        loss_mask: bool[n], the tokens that count for the loss.
    """

    line: int
    ids: npt.NDArray[np.int32]
    loss_mask: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pack:
    """Rows that share a sequence.

    Attributes:
        tokens: int32[n].
        loss_mask: bool[n], the tokens that count for the loss.
        lengths: int32[rows], tokens of each row; their sum is n.
        lines: int64[rows], each row's line in the dataset.
    """

    tokens: npt.NDArray[np.int32]
    loss_mask: npt.NDArray[np.bool_]
    lengths: npt.NDArray[np.int32]
    lines: npt.NDArray[np.int64]


def digest(**facts: Any) -> str:
    """Return the name of the tokens made from these facts: the first 32 digits of their SHA-256."""
    versioned = {"version": contract.version("tokens"), **facts}
    return hashlib.sha256(orjson.dumps(versioned, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def pack(rows: Iterable[Row], sequence: int, window: int = 4096) -> Iterator[list[Row]]:
    """Group rows into packs.

    Args:
        rows: rows of at most `sequence` tokens each.
        sequence: most tokens in a pack.
        window: rows held in memory at a time; with 1 every row is a pack of its own.

    Yields:
        The rows of a pack.
    """
    pending: list[Row] = []
    for row in rows:
        pending.append(row)
        if len(pending) >= window:
            yield from _fit(pending, sequence, window)
            pending = []
    yield from _fit(pending, sequence, window)


def _fit(rows: Sequence[Row], sequence: int, window: int) -> Iterator[list[Row]]:
    """Pack by best-fit decreasing: each row, longest first, goes where it leaves the least room."""
    if window == 1:
        yield from ([row] for row in rows)
        return
    by_room: list[list[list[Row]]] = [[] for _ in range(sequence + 1)]  # tokens left -> packs
    rooms: list[int] = []  # the indexes of by_room with a pack, ascending
    for row in sorted(rows, key=lambda r: (-len(r.ids), r.line)):
        at = bisect_left(rooms, len(row.ids))
        room = rooms[at] if at < len(rooms) else sequence
        target = by_room[room].pop() if at < len(rooms) else []
        if at < len(rooms) and not by_room[room]:
            del rooms[at]
        target.append(row)
        left = room - len(row.ids)
        if not by_room[left]:
            insort(rooms, left)
        by_room[left].append(target)
    for packs in by_room:
        yield from packs


class Writer:
    """Writes packs to a file of this machine; use as a context manager.

    Attributes:
        packs, rows, tokens, loss_tokens: what was written so far.
    """

    def __init__(self, path: Path) -> None:
        self._writer = pa.ipc.new_file(str(path), SCHEMA)
        self._pending: list[list[Row]] = []
        self.packs = self.rows = self.tokens = self.loss_tokens = 0

    def add(self, rows: list[Row]) -> None:
        """Add a pack."""
        self._pending.append(rows)
        self.packs += 1
        self.rows += len(rows)
        if len(self._pending) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        if not self._pending:
            return
        rows = [row for pack in self._pending for row in pack]
        ends = np.cumsum([0, *(sum(len(row.ids) for row in pack) for pack in self._pending)])
        mask = np.concatenate([row.loss_mask for row in rows]).astype(np.uint8)
        columns = [
            _lists(ends, np.concatenate([row.ids for row in rows]).astype(np.int32)),
            _lists(ends, mask),
            pa.array([[len(row.ids) for row in pack] for pack in self._pending], SCHEMA.field(2).type),
            pa.array([[row.line for row in pack] for pack in self._pending], SCHEMA.field(3).type),
        ]
        self._writer.write_batch(pa.record_batch(columns, schema=SCHEMA))
        self.tokens += int(ends[-1])
        self.loss_tokens += int(np.count_nonzero(mask))
        self._pending = []

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()


def _lists(ends: npt.NDArray[np.int64], values: npt.NDArray[Any]) -> pa.ListArray:
    """Return values as lists, each from one of `ends` to the next."""
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(values))


class Packs:
    """The packs of a file by number; the file is mapped, so that only the packs that are read take memory."""

    def __init__(self, path: Path) -> None:
        self._file = pa.ipc.open_file(pa.memory_map(str(path)))
        self._batches = [self._file.get_batch(i) for i in range(self._file.num_record_batches)]
        self._ends = np.cumsum([batch.num_rows for batch in self._batches])

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, number: int) -> Pack:
        at = int(np.searchsorted(self._ends, number, side="right"))
        row = number - (int(self._ends[at - 1]) if at else 0)
        batch = self._batches[at]
        tokens, mask, lengths, lines = (
            batch.column(i)[row].values.to_numpy(zero_copy_only=False) for i in range(len(SCHEMA))
        )
        return Pack(tokens, mask.astype(bool), lengths, lines)


def write_manifest(root: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """Write <root>/tokens.json, from when on the tokens exist, and return what was written."""
    return contract.write("tokens", f"{root}/{MANIFEST}", manifest)


def read_manifest(root: str) -> dict[str, Any] | None:
    """Return <root>/tokens.json, or None if these tokens have not been made."""
    address = f"{root}/{MANIFEST}"
    return contract.read("tokens", address) if objects.exists(address) else None
