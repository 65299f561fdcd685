"""The child process that reads and cuts documents for `reading.Reader`; whatever a document does, it does it here.

    python -m index.reader_process '{"tokenizer": "FOLDER", "lengths": {"tokens": 200, ...}, "seconds": 30, ...}'

A request on stdin is the lengths of the media type, of the title that the source gives and of the bytes (three 8-byte
integers), then the three; a reply on stdout is the length of a JSON object, then the object:
`{"chunks": [[heading, text], ...], "abouts": [[first, about], ...], "title": ..., "notes": [...], "unknown": 0.0}`,
where each `about` holds from the chunk of that number on, or `{"unreadable": why}`.
The first reply, `{"ready": true}`, comes before any request. The process ends at the end of stdin, and after a document
that left it short of memory.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import orjson

from index import chunker, readers, vocabulary

REQUEST = struct.Struct(">QQQ")
REPLY = struct.Struct(">Q")
_LONGEST_REASON = 300  # characters; a parser's message may quote the document


def serve(options: dict[str, Any], requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer requests until there are no more."""
    tokenizer = chunker.tokenizer(Path(options["tokenizer"]))
    _limit_memory(options["memory_mib"] << 20)
    os.dup2(1, 2)  # until here, why it does not start is told
    _reply(replies, {"ready": True})
    usable = True
    while usable and (head := requests.read(REQUEST.size)):
        lengths = REQUEST.unpack(head)
        media, title, data = (requests.read(length) for length in lengths)
        _limit_time(options["seconds"], options["wall_seconds"])
        reply, usable = _answer(data, media.decode(), title.decode(), tokenizer, options)
        _limit_time(0, 0)
        _reply(replies, reply)


def _answer(
    data: bytes, media: str, title: str, tokenizer: Any, options: dict[str, Any]
) -> tuple[dict[str, Any], bool]:
    """Return the reply, and whether the process can take another document."""
    try:
        contents = readers.read(data, media, options["text_mib"] << 20)
        title = title or contents.title
        lengths = chunker.Lengths(**options["lengths"])
        cut = chunker.cut(contents.sections, tokenizer, lengths, title, vocabulary.unknown_token(tokenizer))
        reply = {
            "chunks": [[chunk.heading, chunk.text] for chunk in cut.chunks],
            "abouts": _runs(chunk.about for chunk in cut.chunks),
            "title": title,
            "notes": [note[:_LONGEST_REASON] for note in contents.notes],
            "unknown": cut.unknown,
        }
        return reply, True
    except readers.Unreadable as error:
        return {"unreadable": str(error)[:_LONGEST_REASON]}, True
    except MemoryError:
        return {"memory": True}, False
    except BaseException as error:  # a parser may raise anything, and none of it may end the step
        why = f"the reader failed: {type(error).__name__}: {error}"
        return {"unreadable": why[:_LONGEST_REASON]}, True


def _runs(abouts: Iterable[str]) -> list[tuple[int, str]]:
    """Return each text with the number of the first chunk that has it: most chunks have that of the one before."""
    runs: list[tuple[int, str]] = []
    for number, text in enumerate(abouts):
        if not runs or runs[-1][1] != text:
            runs.append((number, text))
    return runs


def _reply(replies: IO[bytes], reply: dict[str, Any]) -> None:
    # JSON takes no half of a surrogate pair: a parser's message may hold some, sections never do.
    if "unreadable" in reply:
        reply = {"unreadable": reply["unreadable"].encode("utf-8", "replace").decode()}
    if "notes" in reply:
        reply["notes"] = [note.encode("utf-8", "replace").decode() for note in reply["notes"]]
    body = orjson.dumps(reply)
    replies.write(REPLY.pack(len(body)) + body)
    replies.flush()


def _limit_memory(size: int) -> None:
    """Let the process take so many bytes beside what it has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + size
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # and starts no process, where it does not run as root
    # Where the node is short of memory all the same, this process goes before the one that embeds.
    Path("/proc/self/oom_score_adj").write_text("1000")


def _limit_time(cpu: float, wall: float) -> None:
    """Have the kernel end the process after so many seconds; 0 lifts the limit.

    The signals keep their default action, which needs no Python: a parser's C code is ended too. CPU time does not pass
    where the node has none to give, so that a good document is not refused on a busy node.
    """
    signal.setitimer(signal.ITIMER_PROF, cpu)
    signal.setitimer(signal.ITIMER_REAL, wall)


def main() -> None:
    """Serve on stdin and stdout; what a library prints goes nowhere."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(orjson.loads(sys.argv[1]), sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
