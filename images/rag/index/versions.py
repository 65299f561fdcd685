"""versions.json: the published indexes, latest last, and how to ask them. Schema: contracts/versions.schema.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from runtime import contract, objects
from runtime.settings import Run

from index import identity


@dataclass(frozen=True)
class Published:
    """An index that readers saw.

    Attributes:
        index: its version.
        collection, fingerprint: where it is and what it is.
        run, at: the run that published it, and when (UTC, ISO 8601).
        model, chunking: the catalog's facts of that day: a question to an old index is embedded by the old model.
        weights: digest of the weights that its documents were embedded with; "" where no run has said.
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
    weights: str = ""


def questions_model(published: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts by which questions to a published index are embedded.

    They are those of its day, but for what is put before a question: corrected in the catalog, it holds at once, since
    no document was embedded with it.
    """
    same = identity.model_facts(published) == identity.model_facts(current)
    return {**published, "query_prefix": current.get("query_prefix", "")} if same else dict(published)


def read(run: Run) -> list[Published]:
    """Return the published indexes, the latest last; none before the first."""
    address = f"{run.home}/versions.json"
    if not objects.exists(address):
        return []
    return [Published(**entry) for entry in contract.read("versions", address)["published"]]


def write(run: Run, published: list[Published]) -> None:
    """Write the list."""
    contract.write("versions", f"{run.home}/versions.json", {"published": [asdict(version) for version in published]})


def add(published: list[Published], new: Published) -> list[Published]:
    """Return the list with `new` at its end; a collection stands in it once, with its latest state."""
    return [*(version for version in published if version.collection != new.collection), new]


def back(published: list[Published], live: str, target: Published) -> list[Published]:
    """Return the list after readers were led from the collection `live` back to `target`."""
    return add(
        [replace(version, withdrawn=True) if version.collection == live else version for version in published], target
    )
