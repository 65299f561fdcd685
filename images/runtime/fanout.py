"""Shards in lanes, so that a wrong input in one of them starts no more: a lane takes its shards one after another.

A lane ends at its own first failure, which Argo sees to. A shard of another lane ends where it would have succeeded, as
soon as one was refused: the first refusal is left in <run>/refused.json.
"""

import os
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from runtime import objects, settings
from runtime.errors import InputError
from runtime.settings import Run

# A refusal counts for a shard that began at most so many seconds after it: the next of a lane, and none of a run that
# a person has retried since.
_NEXT = 60


def lanes(shards: int, most: int) -> list[dict[str, int]]:
    """Distribute shards over lanes.

    Args:
        shards: how many there are, numbered from 0.
        most: lanes, which run beside one another.

    Returns:
        Of each lane its first shard and how many follow one another; no lane is empty.
    """
    number = min(shards, max(1, most))
    starts = [lane * shards // number for lane in range(number)] + [shards] if number else []
    return [{"first": first, "shards": after - first} for first, after in pairwise(starts)]


def guarded(program: Callable[[], Any]) -> Callable[[], Any]:
    """Return the program of a shard, ended with 65 where another shard of the run was refused."""

    def guard() -> Any:
        run, began = settings.run(), time.time()
        _stop(run, began)
        try:
            result = program()
        except InputError as error:
            refusal = {"step": os.environ.get("STEP", ""), "time": time.time(), "message": str(error)}
            objects.write_json(_address(run), refusal)
            raise
        _stop(run, began)
        return result

    return guard


def _stop(run: Run, began: float) -> None:
    if not objects.exists(_address(run)):
        return
    refusal = objects.read_json(_address(run))
    if refusal["time"] > began - _NEXT:
        raise InputError(f"another shard was refused, so this one ends too: {refusal['message']}")


def _address(run: Run) -> str:
    return f"{run.root}/refused.json"
