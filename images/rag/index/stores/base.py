"""What the programs ask of a vector store, whichever it is."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from runtime.errors import InputError

ENGINES = ("qdrant", "weaviate", "milvus")
SECRETS = Path("/var/run/dac/secrets/store")


FULL = "its disk is full: give it more room, or drop collections that nobody reads"


class StoreError(InputError):
    """The store refused what was asked, and would again; the message says what and what to do."""

    outcome = "the store refused"


def absent(engine: str, name: str) -> str:
    """What to tell of a collection or alias that is not there."""
    return f"{engine} has no collection or alias {name}; a run of the pipeline makes it"


def measured(collection: str, held: int, given: int) -> None:
    """Holds vectors against the collection's dimension.

    Raises:
        StoreError: they are of another one.
    """
    if held != given:
        raise StoreError(
            f"collection {collection} has {held} dimensions, the model gives {given}; drop it or correct the catalog"
        )


def unauthorised(engine: str, facts: Mapping[str, Any], reason: str) -> str:
    """What to tell where the store does not take the key."""
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
    """A search's answer: `score` is the similarity, higher is nearer."""

    id: str
    score: float
    payload: dict[str, Any]


class Store(Protocol):
    """One vector store.

    A collection is named by `identity.collection`, an alias by `Run.alias`; an engine whose names allow less maps them
    one to one. Every method raises StoreError on a lasting fault and step.TryAgain on one that may pass.
    """

    def create(self, collection: str, dimension: int, distance: str) -> None:
        """Makes the collection with its payload indexes, its vector index deferred; one that exists is left."""

    def ready(self, collection: str) -> None:
        """Turns the vector index on after a bulk load and waits until the collection answers from it."""

    def exists(self, collection: str) -> bool:
        """Whether the collection is there."""

    def collections(self, alias: str) -> list[str]:
        """Every collection made for the alias, sorted."""

    def upsert(
        self, collection: str, ids: Sequence[str], vectors: np.ndarray, payloads: Sequence[Mapping[str, Any]]
    ) -> None:
        """Writes points, replacing those of the same id. `vectors` is float32[n, d]; the collection is there."""

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Deletes points by id; absent ones are no error."""

    def count(self, collection: str) -> int:
        """How many points the collection holds, exactly."""

    def points(self, collection: str, vectors: bool = False) -> Iterator[Point]:
        """Every point, in bounded batches; without `vectors` only the ids are filled in."""

    def search(self, name: str, vector: np.ndarray, top: int, where: Mapping[str, Any] | None = None) -> list[Hit]:
        """The `top` nearest of a collection or alias, best first; `where` demands equal metadata or payload values."""

    def switch(self, alias: str, collection: str) -> None:
        """Points the alias at the collection in one step; readers see the one or the other."""

    def live(self, alias: str) -> str | None:
        """The collection that the alias points at."""

    def drop(self, collection: str) -> None:
        """Drops a collection; an absent one is no error."""

    def close(self) -> None:
        """Lets go of connections and locks."""


def open_store(url: str, facts: Mapping[str, Any]) -> Store:
    """The store at the address, by the engine that the catalog names.

    Args:
        url: http(s):// or grpc address of a server, or file:///folder for an engine's embedded mode.
        facts: the catalog's: `engine` and what the engine reads.

    Raises:
        StoreError: the engine is unknown, or the address is none that it can open.
        step.TryAgain: it is there and does not answer, or another process holds its folder.
    """
    engine = facts.get("engine", "")
    if engine not in ENGINES:
        raise StoreError(f"no store engine {engine!r}; known are {', '.join(ENGINES)}")
    return importlib.import_module(f"index.stores.{engine}").open_store(url, facts)


def key() -> str | None:
    """The store's API key from the mounted Secret; None where none is mounted."""
    file = SECRETS / "api-key"
    return file.read_text().strip() if file.is_file() else None
