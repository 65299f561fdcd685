"""The contract of answers/<shard>/: one JSON object a sample, appended as answers come, never written twice.

The judge keeps what it was told in the same form, by the request's digest in place of a sample's id.

In a folder the journal appends to one file and hands each line to the operating system at once, so that even a killed
process loses none that came. An object store cannot append: there a part is written every half second or 200 answers,
and on SIGTERM. So a pod that is told to end asks nothing twice, and one that is shot (SIGKILL, a lost node) at most
what came in its last half second; those requests carry the Idempotency-Key of their first time. A reader takes the
first record of an id; a torn last line (a kill in the middle of a write) is no record.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
from runtime import contract, objects
from runtime.errors import TryAgain

VERSION = 1
PART_ANSWERS = 200
PART_SECONDS = 0.5


def folder(root: str, shard: int) -> str:
    """Returns where the answers of a shard lie."""
    return f"{root}/answers/{shard}"


def record(sample_id: str, **fields: Any) -> dict[str, Any]:
    """Returns an answer's record.

    Args:
        sample_id: the sample's id.
        fields: `text` or `hits` where the endpoint answered, `error` (its reason) where it did not; `attempts`,
            `seconds`, `input_tokens`, `output_tokens`, `finish` (why generation ended).
    """
    return {"version": VERSION, "id": sample_id, **fields}


def read(address: str) -> Iterator[dict[str, Any]]:
    """Yields the records of a folder, one an id."""
    seen: set[str] = set()
    for part in objects.listing(address, ".jsonl"):
        for number, line in enumerate(objects.lines(part), start=1):
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue  # torn by a kill; its sample is asked again
            contract.check("answer", value, f"{part}:{number}")
            if value["id"] not in seen:
                seen.add(value["id"])
                yield value


class Journal:
    """Appends records to a folder; use as a context, so that what is buffered is written at the end."""

    def __init__(self, address: str) -> None:
        self._folder = address
        self._buffer: list[bytes] = []
        self._filling, self._writing = threading.Lock(), threading.Lock()
        self._part = len(objects.listing(self._folder, ".jsonl"))
        self._stream = None
        if objects.is_folder(self._folder):
            _, path = objects.locate(f"{self._folder}/{self._part:05d}.jsonl")
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._stream = open(path, "ab", buffering=0)  # noqa: SIM115 - closed by __exit__

    def append(self, value: dict[str, Any]) -> None:
        """Adds one record."""
        line = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
        if self._stream is not None:
            self._stream.write(line)
            return
        with self._filling:
            self._buffer.append(line)
        if len(self._buffer) >= PART_ANSWERS:
            self.flush()

    async def keep_flushing(self) -> None:
        """Writes what is buffered every half second, beside whoever appends, until it is cancelled."""
        while True:
            await asyncio.sleep(PART_SECONDS)
            with contextlib.suppress(TryAgain):  # the next time, or at the end, which tells
                await asyncio.to_thread(self.flush)

    def flush(self) -> None:
        """Writes what is buffered as a part of its own; what the store does not take stays buffered."""
        with self._writing:
            with self._filling:
                lines, self._buffer = self._buffer, []
            if not lines:
                return
            try:
                objects.write(f"{self._folder}/{self._part:05d}.jsonl", b"".join(lines))
            except BaseException:
                with self._filling:
                    self._buffer = lines + self._buffer
                raise
            self._part += 1

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()
        if self._stream is not None:
            self._stream.close()
