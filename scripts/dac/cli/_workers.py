"""Shares work among forked processes: a child has all that was loaded, and only its result is sent back."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from dac.model.printing import printable

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_WORTH_A_FORK = 24  # fewer items than this are done before a child has started


def forks(items: Sequence[object]) -> bool:
    """Whether `share` would fork for so many items."""
    return _processes(items) > 1


def _processes(items: Sequence[object]) -> int:
    return min(len(os.sched_getaffinity(0)), max(1, len(items) // _WORTH_A_FORK))


def share(work: Callable[[Sequence[_Item]], _Result], items: Sequence[_Item]) -> list[_Result]:
    """Call `work` on contiguous parts of `items`, each in its own process; return results in the items' order.

    Raises:
        RuntimeError: a child did not return; it has said why on stderr.
    """
    count = _processes(items)
    if count == 1:
        return [work(items)]
    parts = [items[len(items) * i // count : len(items) * (i + 1) // count] for i in range(count)]
    children = [_start(work, part) for part in parts[1:]]
    first = work(parts[0])  # this process takes its own share
    return [first, *(_finish(pid, pipe) for pid, pipe in children)]


def _start(work: Callable[[Sequence[_Item]], _Result], part: Sequence[_Item]) -> tuple[int, int]:
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
            pickle.dump(work(part), pipe, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    except BaseException as error:  # a child must never return into its parent's stack
        sys.stderr.write(printable(f"dac: {type(error).__name__}: {error}") + "\n")
    finally:
        os._exit(status)


def _finish(pid: int, reading: int) -> _Result:  # type: ignore[type-var] # pickle gives what work returned
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError("a worker process failed")
    result: _Result = pickle.loads(data)
    return result
