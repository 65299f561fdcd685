"""The contract of served/<shard>.json and corpus/<shard>.json: what a sidecar's server reported that it serves.

An endpoint with an address of its own is known by its name. A server that starts with each pod serves what an alias
points to at that moment, and an alias can move during a run: answers of two versions must not become one score.
`corpus` is the version of the index that a suite's model answers from.
"""

from runtime import contract, objects
from runtime.errors import InputError

MODEL, CORPUS = "served", "corpus"


def address(root: str, shard: int, kind: str = MODEL) -> str:
    """Return the address of a shard's note."""
    return f"{root}/{kind}/{shard}.json"


def write(root: str, shard: int, name: str, kind: str = MODEL) -> None:
    """Write what answers a shard.

    Raises:
        InputError: a part of the shard was answered by another version or index.
    """
    place = address(root, shard, kind)
    if objects.exists(place):
        _single({_read(place), name})
    contract.write("served", place, {"name": name})


def name(root: str, kind: str = MODEL) -> str | None:
    """Return what answered every shard of a run; None where nothing that was served beside the asking did.

    Raises:
        InputError: two shards were answered by different versions or indexes.
    """
    return _single({_read(place) for place in objects.listing(f"{root}/{kind}", ".json")})


def _read(place: str) -> str:
    return str(contract.read("served", place)["name"])


def _single(names: set[str]) -> str | None:
    if len(names) > 1:
        raise InputError(
            f"answered by {' and by '.join(sorted(names))}: the alias moved during the run; start a new run"
        )
    return next(iter(names), None)
