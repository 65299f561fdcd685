"""versions.json: the published indexes, latest last, and how to ask them. Schema: contracts/versions.schema.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson
from runtime import objects
from runtime.errors import InputError
from runtime.settings import Run

VERSION = 1


@dataclass(frozen=True)
class Published:
    """An index that readers saw.

    Attributes:
        index: its version.
        collection, fingerprint: where it is and what it is.
        run, at: the run that published it, and when (UTC, ISO 8601).
        model, chunking: the catalog's facts of that day: a question to an old index is embedded by the old model.
        withdrawn: readers were led back from it, and it was not published again since.
    """

    index: str
    collection: str
    fingerprint: str
    run: str
    at: str
    model: dict[str, Any]
    chunking: dict[str, Any]
    withdrawn: bool = False


def read(run: Run) -> list[Published]:
    """Return the published indexes, the latest last; none before the first."""
    address = f"{run.home}/versions.json"
    if not objects.exists(address):
        return []
    row = orjson.loads(objects.read(address))
    if row["version"] != VERSION:
        raise InputError(f"{address}: written by another version of the programs")
    return [Published(**entry) for entry in row["published"]]


def write(run: Run, published: list[Published]) -> None:
    """Write the list."""
    row = {"version": VERSION, "published": [asdict(version) for version in published]}
    objects.write(f"{run.home}/versions.json", orjson.dumps(row, option=orjson.OPT_INDENT_2))


def add(published: list[Published], new: Published) -> list[Published]:
    """Return the list with `new` at its end; a collection stands in it once, with its latest state."""
    return [*(version for version in published if version.collection != new.collection), new]


def back(published: list[Published], live: str, target: Published) -> list[Published]:
    """Return the list after readers were led from the collection `live` back to `target`."""
    return add(
        [replace(version, withdrawn=True) if version.collection == live else version for version in published], target
    )
