"""The contract of answers/<shard>/: one JSON object a sample, appended as answers come, never written twice.

The judge model's replies are kept in the same form, under the request's digest in place of a sample's id.

In a folder the journal appends to one file and hands each line to the operating system at once, so that even a killed
process loses no answer. An object store cannot append: there a part is written every half second or 200 answers, and on
SIGTERM. A pod that ends by SIGTERM therefore asks nothing twice. One that is killed (SIGKILL, a lost node) asks at most
the requests of its last half second again, with the Idempotency-Key of the first time. A reader takes the first record
of an id, and ignores a truncated last line.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
from runtime import addresses, contract, objects
from runtime.errors import TryAgain

VERSION = 1
PART_ANSWERS = 200
PART_SECONDS = 0.5


def folder(root: str, shard: int) -> str:
    """Return where the answers of a shard lie."""
    return f"{root}/answers/{shard}"


def record(sample_id: str, **fields: Any) -> dict[str, Any]:
    """Return an answer's record.

    Args:
        sample_id: the sample's id.
        fields: `text`, `hits` or `loglikelihoods` where the endpoint answered, `error` (its reason) where it did not;
            `attempts`, `seconds`, `input_tokens`, `output_tokens`, `finish` (why generation ended).
    """
    return {"version": VERSION, "id": sample_id, **fields}


def read(address: str) -> Iterator[dict[str, Any]]:
    """Yield the records of a folder, one an id: the first."""
    seen: set[str] = set()
    for value in every(address):
        if value["id"] not in seen:
            seen.add(value["id"])
            yield value


def every(address: str) -> Iterator[dict[str, Any]]:
    """Yield all records of a folder in order."""
    for part in objects.listing(address, ".jsonl"):
        for number, line in objects.numbered_lines(part):
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue  # truncated by a kill; its sample is asked again
            contract.check("answer", value, f"{part}:{number}")
            yield value


class Journal:
    """Appends records to a folder; use it as a context manager, which writes the buffer at the end."""

    def __init__(self, address: str) -> None:
        self._folder = address
        self._buffer: list[bytes] = []
        self._filling, self._writing = threading.Lock(), threading.Lock()
        self._part = len(objects.listing(self._folder, ".jsonl"))
        self._stream = None
        if addresses.is_folder(self._folder):
            _, path = addresses.locate(f"{self._folder}/{self._part:05d}.jsonl")
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._stream = open(path, "ab", buffering=0)  # noqa: SIM115 - closed by __exit__

    def append(self, value: dict[str, Any]) -> None:
        """Add one record."""
        line = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
        if self._stream is not None:
            self._stream.write(line)
            return
        with self._filling:
            self._buffer.append(line)
        if len(self._buffer) >= PART_ANSWERS:
            self.flush()

    async def keep_flushing(self) -> None:
        """Write what is buffered every half second, until it is cancelled."""
        while True:
            await asyncio.sleep(PART_SECONDS)
            with contextlib.suppress(TryAgain):  # tried again next time, and at the end, where a failure is raised
                await asyncio.to_thread(self.flush)

    def flush(self) -> None:
        """Write what is buffered as a part of its own; it stays buffered where the store fails."""
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
