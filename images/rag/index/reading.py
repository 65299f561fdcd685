"""Documents read and cut in a process of their own, with limits: no document can stop an index or harm another one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from runtime.errors import TryAgain

from index.chunker import Chunk, Lengths
from index.reader_process import REPLY, REQUEST
from index.readers import Unreadable

_WALL = 8  # seconds by the clock for each second of CPU time: no document is refused because the node is busy
_GRACE = 10  # seconds after which a process that the kernel has not ended is killed from here
_STARTING = 120  # seconds that it may take to be ready, on a node that is short of CPU
_ESCAPED = 8  # bytes of a reply for a byte of text at most: JSON escapes, and headings repeated with each chunk
# What the process needs of this one's environment; a parser has no use for credentials.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may take. A size's settings may give each as `document_<name>`.

    Attributes:
        seconds: of CPU time to read and cut it; by the clock, eight times as many.
        memory_mib: MiB of memory beside what an idle reader takes.
        file_mib: MiB of the file.
        text_mib: MiB of text (UTF-8) in it, each section with the path of its headings.
        chunks: that it is cut into.
    """

    seconds: float = 60
    memory_mib: int = 1024
    file_mib: int = 64
    text_mib: int = 16
    chunks: int = 100_000


def limits(sizing: Mapping[str, Any]) -> Limits:
    """Return the limits that a size gives, each by default where it gives none."""
    return Limits(**{name: sizing.get(f"document_{name}", value) for name, value in asdict(Limits()).items()})


@dataclass(frozen=True, slots=True)
class CutDocument:
    """A document as cut.

    Attributes:
        chunks: in reading order.
        notes: what was lost or guessed; where there are no chunks, why.
        title: the source's, else the document's own.
        unknown: share of its characters that the model's tokenizer does not know.
    """

    chunks: list[Chunk]
    notes: list[str]
    title: str = ""
    unknown: float = 0.0


class Reader:
    """Reads one document after the other in one process, which is started anew where a document ended it.

    Args:
        tokenizer: the folder of the model's files, whose tokenizer chunks are counted with.
        lengths: of a chunk, and what stands before its text.
        limits: what one document may take.
    """

    def __init__(self, tokenizer: Path, lengths: Lengths, limits: Limits) -> None:
        self.limits = limits
        lengths = replace(lengths, chunks=limits.chunks)
        options = {**asdict(limits), "tokenizer": str(tokenizer), "lengths": asdict(lengths)}
        self._options = orjson.dumps({**options, "wall_seconds": limits.seconds * _WALL}).decode()
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0  # documents that the process has read

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_process": None}  # started where it is used

    def cut(self, data: bytes, media: str, title: str = "") -> CutDocument:
        """Return the chunks of a document, and what its owner must know of it.

        Args:
            title: that the source gives it; the document's own counts where that is empty.

        Raises:
            Unreadable: its bytes are not what its media type says, it takes more than its limits, or the process that
                read it died of it; the message says which.
            TryAgain: the process does not start, whatever the document.
        """
        if len(data) > self.limits.file_mib << 20:
            raise Unreadable(f"larger than {self.limits.file_mib} MiB")
        fresh = self._process is None or not self._read
        try:
            return self._cut(data, media, title)
        except _Died as error:
            # What an earlier document left in the process's memory is not held against this one.
            if fresh or error.final:
                raise Unreadable(str(error)) from error
        try:
            return self._cut(data, media, title)
        except _Died as error:
            raise Unreadable(str(error)) from error

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)

    def _cut(self, data: bytes, media: str, title: str) -> CutDocument:
        process = self._process or self._started()
        self._read += 1
        parts = (media.encode(), title.encode(), data)
        request = REQUEST.pack(*map(len, parts)) + b"".join(parts)
        reply = self._exchange(process, request, self._longest())
        if reply.get("memory"):
            self.close()
            raise _Died(f"reading it needs more than {self.limits.memory_mib} MiB of memory")
        if isinstance(why := reply.get("unreadable"), str):
            raise Unreadable(why)
        try:
            return _cut_document(reply)
        except (KeyError, TypeError, ValueError) as error:
            self.close()
            raise _Died("the process that read it gave no valid reply") from error

    def _longest(self) -> int:
        return (self.limits.text_mib * _ESCAPED + 1) << 20

    def _started(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        self._process = process = subprocess.Popen(
            [sys.executable, "-m", "index.reader_process", self._options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self._read = 0
        try:
            self._exchange(process, b"", 1 << 10, _STARTING)
        except _Died as error:
            raise TryAgain(f"the process that reads documents does not start: {error}") from error
        return process

    def _exchange(
        self, process: subprocess.Popen[bytes], request: bytes, longest: int, seconds: float = 0
    ) -> dict[str, Any]:
        """Send a request and return the reply.

        Raises:
            _Died: there is none within the time, or it is invalid; the process has been ended.
        """
        assert process.stdin is not None
        assert process.stdout is not None
        guard = threading.Timer(seconds or self.limits.seconds * _WALL + _GRACE, process.kill)
        guard.start()
        head = b""
        try:
            with contextlib.suppress(BrokenPipeError):  # why it died is in its exit status
                process.stdin.write(request)
                process.stdin.flush()
            head = process.stdout.read(REPLY.size)
            length = REPLY.unpack(head)[0] if len(head) == REPLY.size else 0
            body = process.stdout.read(length) if length <= longest else b""
            if head and length and len(body) == length:
                return _object(body)
        except ValueError:
            pass
        finally:
            guard.cancel()
        raise self._death(process, _GRACE if not head else 1)

    def _death(self, process: subprocess.Popen[bytes], patience: float) -> _Died:
        """Return why the process gave no reply, waiting so many seconds for its end; end it where it lives on.

        On a busy node the kernel takes seconds to free what it held.
        """
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        code = process.returncode
        self.close()
        seconds = self.limits.seconds
        if code == -signal.SIGPROF:
            return _Died(f"reading it takes more than {seconds:g} s of CPU time", final=True)
        if code == -signal.SIGALRM:
            return _Died(f"reading it takes more than {seconds * _WALL:g} s by the clock", final=True)
        if code is None:
            return _Died("the process that read it gave no valid reply")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return _Died(f"the process that read it died: {how}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and close its pipes, whoever else holds them."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):  # what it did not read
                pipe.close()
    process.wait()


def _cut_document(reply: dict[str, Any]) -> CutDocument:
    """Return the document in a reply. Raises KeyError, TypeError or ValueError where there is none."""
    abouts, about, chunks = dict(reply["abouts"]), "", []
    for number, (heading, text) in enumerate(reply["chunks"]):
        about = abouts.get(number, about)
        chunks.append(Chunk(str(heading), str(text), number, str(about)))
    notes = [str(note) for note in reply["notes"]]
    return CutDocument(chunks, notes, str(reply["title"]), float(reply["unknown"]))


def _object(body: bytes) -> dict[str, Any]:
    """Return the object in a reply. Raises ValueError where there is none."""
    value = orjson.loads(body)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


class _Died(Exception):
    """The process gave no chunks; `final` where another try would end alike."""

    def __init__(self, why: str, final: bool = False) -> None:
        super().__init__(why)
        self.final = final
