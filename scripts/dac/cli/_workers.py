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
_WORTH_A_FORK = 24  # fewer items than this are done before a child has started
_TURNS = 4  # parts that each process takes at least: a child is slower, since it copies the pages that it touches
_PART = 250  # items that are waited for, at most, when all others are done


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
    number = min(max(count * _TURNS, len(items) // _PART), len(items) // _WORTH_A_FORK, 255)
    parts = [items[len(items) * i // number : len(items) * (i + 1) // number] for i in range(number)]
    turns, writing = os.pipe()
    os.write(writing, bytes(range(number)))  # a byte is the number of a part, and is read by one process alone
    os.close(writing)

    def own() -> dict[int, _Result]:
        return {turn[0]: work(parts[turn[0]]) for turn in iter(partial(os.read, turns, 1), b"")}

    children = [_start(own) for _ in range(count - 1)]
    try:
        results = own()
    finally:
        os.close(turns)
    for child in children:
        results |= _finish(*child)
    return [results[part] for part in range(number)]


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
            pickle.dump(work(), pipe, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    except BrokenPipeError:  # nobody waits any more, and whoever did has said why
        pass
    except BaseException as error:  # a child must never return into its parent's stack
        sys.stderr.write(printable(f"dac: {type(error).__name__}: {error}") + "\n")
    finally:
        os._exit(status)


def _finish(pid: int, reading: int) -> Any:  # what work returned
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError("a worker process failed")
    return pickle.loads(data)
