"""Shares work among forked processes: a child has all that was loaded, and only its result is sent back."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from dac.model.printing import printable

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Any = TypeVar("_Any")
_WORTH_A_FORK = 24  # fewer items than this are done before a child has started
_PART = 250  # items of a part, at most, while there are few enough parts
_PARTS = 1000  # of very many items, whose parts are larger: about as many as that


def forks(items: Sequence[object]) -> bool:
    """Whether `share` would fork for so many items."""
    return _processes(items) > 1


def _processes(items: Sequence[object]) -> int:
    return min(len(os.sched_getaffinity(0)), max(1, len(items) // _WORTH_A_FORK))


def share(work: Callable[[Sequence[_Item]], _Result], items: Sequence[_Item]) -> list[_Result]:
    """Call `work` on contiguous parts of `items` in several processes; return results in the items' order.

    Whoever is done with a part takes the next, this process too.

    Raises:
        RuntimeError: a child did not return; it has said why on stderr.
    """
    count = _processes(items)
    if count == 1:
        return [work(items)]
    parts = _parts(items, count)
    turns, writing = os.pipe()
    os.write(writing, b"".join(part.to_bytes(2) for part in range(len(parts))))  # each is read by one process alone
    os.close(writing)

    def own(result_of: Callable[[Sequence[_Item]], _Any]) -> dict[int, _Any]:
        return {part: result_of(parts[part]) for part in map(int.from_bytes, iter(partial(os.read, turns, 2), b""))}

    # A child makes bytes of a part as soon as it is done with it, while the others are still at work.
    children = [_start(partial(own, lambda part: _bytes(work(part)))) for _ in range(count - 1)]
    try:
        results = own(work)
    finally:
        os.close(turns)
    for child in children:
        results |= {part: pickle.loads(data) for part, data in _finish(*child).items()}
    return [results[part] for part in range(len(parts))]


def _parts(items: Sequence[_Item], count: int) -> list[Sequence[_Item]]:
    """Return contiguous parts for so many processes, ever smaller, so that all are done at about the same time."""
    parts: list[Sequence[_Item]] = []
    most = max(_PART, len(items) // _PARTS)
    at = 0
    while at < len(items):
        size = max(min((len(items) - at) // (2 * count), most), _WORTH_A_FORK)
        parts.append(items[at : at + size])
        at += size
    return parts


def meanwhile(work: Callable[[], _Result], worth_a_fork: bool) -> Callable[[], _Result]:
    """Start `work` in a process of its own, if it is worth one and another processor is there; return what awaits it.

    Raises:
        RuntimeError: by what is returned: the process did not return; it has said why on stderr.
    """
    if not worth_a_fork or len(os.sched_getaffinity(0)) == 1:
        return work
    child = _start(work)
    return lambda: _finish(*child)


def _start(work: Callable[[], object]) -> tuple[int, int]:
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    status = 1
    try:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(_bytes(work()))
        status = 0
    except BrokenPipeError:  # nobody waits any more, and whoever did has said why
        pass
    except BaseException as error:  # a child must never return into its parent's stack
        sys.stderr.write(printable(f"dac: {type(error).__name__}: {error}") + "\n")
    finally:
        os._exit(status)


def _bytes(result: object) -> bytes:
    return pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL)


def _finish(pid: int, reading: int) -> Any:  # what work returned
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError("a worker process failed")
    return pickle.loads(data)
