"""What the programs ask of a vector store, whichever it is."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from runtime.errors import InputError

from index.condition import Condition

ENGINES = ("qdrant", "weaviate", "milvus")
SECRETS = Path("/var/run/dac/secrets/store")


FULL = "its disk is full: give it more room, or drop collections that nobody reads"


class StoreError(InputError):
    """The store refused what was asked, and would again; the message says what and what to do."""

    outcome = "the store refused"


def absent(engine: str, name: str) -> str:
    """Return the message for a collection or alias that does not exist."""
    return f"{engine} has no collection or alias {name}; a run of the pipeline makes it"


def measured(collection: str, held: int, given: int) -> None:
    """Check vectors against the collection's dimension.

    Raises:
        StoreError: the dimensions differ.
    """
    if held != given:
        raise StoreError(
            f"collection {collection} has {held} dimensions, the model gives {given}; drop it or correct the catalog"
        )


def unauthorised(engine: str, facts: Mapping[str, Any], reason: str) -> str:
    """Return the message for a missing or wrong key."""
    secret = f"the Secret {facts['secret']}" if facts.get("secret") else "the store's Secret"
    held = "is wrong" if key() else "is missing"
    return f"{engine} refuses: {reason}; `api-key` in {secret} {held}"


@dataclass(frozen=True, slots=True)
class Point:
    """A stored point: `vector` is float32[d], normalised where the distance is cosine."""

    id: str
    vector: np.ndarray
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hit:
    """A search's answer.

    Attributes:
        score: the similarity, higher is nearer.
        similar: ids of documents that say the same, which it stands for; a store gives none.
    """

    id: str
    score: float
    payload: dict[str, Any]
    similar: tuple[str, ...] = ()

    @property
    def documents(self) -> tuple[str, ...]:
        """Ids of the documents that it answers with."""
        return self.payload["document"], *self.similar


class Store(Protocol):
    """One vector store.

    `identity` names collections and aliases; an engine whose names allow fewer characters maps them one to one. Every
    method raises StoreError on a lasting fault and TryAgain on a transient one.
    """

    def create(self, collection: str, dimension: int, distance: str) -> None:
        """Make the collection with its payload indexes, its vector index deferred; one that exists is left."""

    def ready(self, collection: str) -> None:
        """Turn the vector index on after a bulk load and wait until the collection answers from it."""

    def exists(self, collection: str) -> bool:
        """Return whether the collection is there."""

    def collections(self, alias: str) -> list[str]:
        """Return every collection made for the alias, sorted."""

    def upsert(
        self, collection: str, ids: Sequence[str], vectors: np.ndarray, payloads: Sequence[Mapping[str, Any]]
    ) -> None:
        """Write points, replacing those of the same id. `vectors` is float32[n, d]; the collection is there."""

    def relabel(self, collection: str, metadata: Mapping[str, str]) -> None:
        """Give points other metadata and leave their vectors: JSON text by id; the points are there."""

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points by id; absent ones are skipped."""

    def count(self, collection: str) -> int:
        """Return how many points the collection holds, exactly."""

    def points(self, collection: str, vectors: bool = False) -> Iterator[Point]:
        """Return every point, in bounded batches; without `vectors` only the ids are filled in."""

    def search(self, name: str, vector: np.ndarray, top: int, where: Condition | None = None) -> list[Hit]:
        """Return the `top` nearest of a collection or alias for which the condition holds, best first."""

    def switch(self, alias: str, collection: str) -> None:
        """Point the alias at the collection in one step; readers see the one or the other."""

    def live(self, alias: str) -> str | None:
        """Return the collection that the alias points at."""

    def unalias(self, alias: str) -> None:
        """Remove the alias, if it is there; the collection stays."""

    def drop(self, collection: str) -> None:
        """Drop a collection, if it is there."""

    def close(self) -> None:
        """Release connections and locks."""


def open_store(url: str, facts: Mapping[str, Any]) -> Store:
    """Return the store at the address, by the engine that the catalog names.

    Args:
        url: http(s):// or grpc address of a server, or file:///folder for an engine's embedded mode.
        facts: the catalog's: `engine` and what the engine reads.

    Raises:
        StoreError: the engine is unknown, or it cannot open such an address.
        TryAgain: it is there and does not answer, or another process holds its folder.
    """
    engine = facts.get("engine", "")
    if engine not in ENGINES:
        raise StoreError(f"unknown store engine {engine!r}; choose one of {', '.join(ENGINES)}")
    return importlib.import_module(f"index.stores.{engine}").open_store(url, facts)


@contextmanager
def secrets_of(folder: Path) -> Iterator[None]:
    """Take keys and certificates from another store's Secret, mounted at a folder, while its store is opened."""
    global SECRETS
    before, SECRETS = SECRETS, folder
    try:
        yield
    finally:
        SECRETS = before


def key() -> str | None:
    """Return the store's API key from the mounted Secret; None where none is mounted."""
    file = SECRETS / "api-key"
    return file.read_text().strip() if file.is_file() else None
