"""The contract of tokens/<digest>/: packed rows as token ids, with what is learned and where each row begins.

train.arrow is an Arrow IPC file, uncompressed, so that a trainer maps it and reads any pack without the rest. A pack
holds whole rows, one after the other, at most `sequence` tokens in all. tokens.json is written last: without it there
are no tokens.
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

VERSION = 1
MANIFEST = "tokens.json"
TABLE = "train.arrow"
BATCH = 256  # packs in a record batch: about a megabyte
SCHEMA = pa.schema(
    {
        "tokens": pa.list_(pa.int32()),
        "learned": pa.list_(pa.uint8()),  # 1 where the token is an answer's
        "lengths": pa.list_(pa.int32()),  # tokens of each row in the pack
        "lines": pa.list_(pa.int64()),  # each row's line in the dataset
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as tokens: its line in the dataset, its ids, int32[n], and which are learned, bool[n]."""

    line: int
    ids: npt.NDArray[np.int32]
    learned: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pack:
    """What a trainer reads of one pack.

    Attributes:
        tokens: int32[n].
        learned: bool[n].
        lengths: int32[rows], summing to n.
        lines: int64[rows].
    """

    tokens: npt.NDArray[np.int32]
    learned: npt.NDArray[np.bool_]
    lengths: npt.NDArray[np.int32]
    lines: npt.NDArray[np.int64]


def digest(**facts: Any) -> str:
    """Returns the name under which tokens made of these facts are kept: the first 32 digits of their SHA-256."""
    return hashlib.sha256(orjson.dumps({"version": VERSION, **facts}, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def pack(rows: Iterable[Row], sequence: int, window: int = 4096) -> Iterator[list[Row]]:
    """Yields rows in packs of at most `sequence` tokens, best fit first, holding at most `window` rows at a time.

    A row longer than `sequence` must have been cut before. With window 1 every row is a pack of its own.
    """
    held: list[Row] = []
    for row in rows:
        held.append(row)
        if len(held) >= window:
            yield from _fit(held, sequence, window)
            held = []
    yield from _fit(held, sequence, window)


def _fit(rows: Sequence[Row], sequence: int, window: int) -> Iterator[list[Row]]:
    """Best-fit decreasing: each row, longest first, goes where it leaves the least room."""
    if window == 1:
        yield from ([row] for row in rows)
        return
    by_room: list[list[list[Row]]] = [[] for _ in range(sequence + 1)]  # room -> packs with so much left
    rooms: list[int] = []  # those that a pack has, ascending
    for row in sorted(rows, key=lambda r: (-len(r.ids), r.line)):
        at = bisect_left(rooms, len(row.ids))
        room = rooms[at] if at < len(rooms) else sequence
        into = by_room[room].pop() if at < len(rooms) else []
        if at < len(rooms) and not by_room[room]:
            del rooms[at]
        into.append(row)
        left = room - len(row.ids)
        if not by_room[left]:
            insort(rooms, left)
        by_room[left].append(into)
    for packs in by_room:
        yield from packs


class Writer:
    """Writes packs to a file of this machine; use as a context. Counts packs and rows, and what is written of them."""

    def __init__(self, path: Path) -> None:
        self._writer = pa.ipc.new_file(str(path), SCHEMA)
        self._held: list[list[Row]] = []
        self.packs = self.rows = self.tokens = self.learned = 0

    def add(self, rows: list[Row]) -> None:
        """Adds a pack."""
        self._held.append(rows)
        self.packs += 1
        self.rows += len(rows)
        if len(self._held) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        rows = [row for pack in self._held for row in pack]
        ends = np.cumsum([0, *(sum(len(row.ids) for row in pack) for pack in self._held)])
        learned = np.concatenate([row.learned for row in rows]).astype(np.uint8)
        columns = [
            _lists(ends, np.concatenate([row.ids for row in rows]).astype(np.int32)),
            _lists(ends, learned),
            pa.array([[len(row.ids) for row in pack] for pack in self._held], SCHEMA.field(2).type),
            pa.array([[row.line for row in pack] for pack in self._held], SCHEMA.field(3).type),
        ]
        self._writer.write_batch(pa.record_batch(columns, schema=SCHEMA))
        self.tokens += int(ends[-1])
        self.learned += int(np.count_nonzero(learned))
        self._held = []

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()


def _lists(ends: npt.NDArray[np.int64], values: npt.NDArray[Any]) -> pa.ListArray:
    """Returns values as lists, each from one of `ends` to the next."""
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(values))


class Packs:
    """Reads packs by number from a mapped file; only what is asked for is brought into memory."""

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
        found = [batch.column(i)[row].values.to_numpy(zero_copy_only=False) for i in range(4)]
        return Pack(found[0], found[1].astype(bool), found[2], found[3])


def write_manifest(root: str, manifest: dict[str, Any]) -> None:
    """Writes <root>/tokens.json; from then on the tokens exist."""
    value = {"version": VERSION, **manifest}
    contract.check("tokens", value, f"{root}/{MANIFEST}")
    objects.write_json(f"{root}/{MANIFEST}", value)


def read_manifest(root: str) -> dict[str, Any] | None:
    """Returns <root>/tokens.json, or None where these tokens have not been made."""
    address = f"{root}/{MANIFEST}"
    if not objects.exists(address):
        return None
    value: dict[str, Any] = objects.read_json(address)
    contract.check("tokens", value, address)
    return value
