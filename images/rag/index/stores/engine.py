"""What every engine's store does alike: requests with retries, dimensions checked once, dropping and closing."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np
from runtime.errors import TryAgain
from runtime.words import plural

from index.stores.attempts import attempted
from index.stores.base import Point, measured

T = TypeVar("T")


class Engine(ABC):
    """A store behind its client library; a subclass says what its engine does its own way.

    Attributes:
        title: the engine's name, as messages give it.
        faults: what its client raises where a request fails.
        client: the client, once the subclass has opened it.
        url: the store's address.
        facts: the catalog's facts of the store.
    """

    title: ClassVar[str]
    faults: ClassVar[tuple[type[Exception], ...]]
    client: Any

    def __init__(self, url: str, facts: Mapping[str, Any]) -> None:
        self.url, self.facts = url, facts
        self._admitted: set[tuple[str, int]] = set()

    @abstractmethod
    def exists(self, collection: str) -> bool:
        """Return whether the collection is there."""

    @abstractmethod
    def _names(self) -> list[str]:
        """Return the names of all collections, as the platform spells them."""

    @abstractmethod
    def _dimension(self, collection: str) -> int | None:
        """Return the collection's dimension; None where the engine cannot say yet.

        Raises:
            StoreError: there is no such collection.
        """

    @abstractmethod
    def _drop(self, collection: str) -> None:
        """Send the one request that drops a collection."""

    @abstractmethod
    def _lasting(self, error: Exception, collection: str) -> str | None:
        """Return the message for an error that would come again; None for one that may pass."""

    @abstractmethod
    def upsert(
        self, collection: str, ids: Sequence[str], vectors: np.ndarray, payloads: Sequence[Mapping[str, Any]]
    ) -> None:
        """Write points, replacing those of the same id."""

    @abstractmethod
    def _held(self, collection: str, ids: Sequence[str]) -> list[Point]:
        """Return the points of these ids that are there, with vectors and payloads."""

    def relabel(self, collection: str, metadata: Mapping[str, str]) -> None:
        """Give points other metadata, with the vectors that they have.

        Args:
            collection: theirs.
            metadata: JSON text by id.

        Raises:
            TryAgain: some of the points are gone.
        """
        held = self._held(collection, list(metadata))
        if len(held) < len(metadata):
            raise TryAgain(
                f"{collection} lost {len(metadata) - len(held)} of {plural(len(metadata), 'point')} during this run; "
                "the next one writes them anew"
            )
        self._relabel(collection, held, metadata)

    def _relabel(self, collection: str, held: Sequence[Point], metadata: Mapping[str, str]) -> None:
        payloads = [{**point.payload, "metadata": metadata[point.id]} for point in held]
        self.upsert(collection, [point.id for point in held], np.stack([point.vector for point in held]), payloads)

    def collections(self, alias: str) -> list[str]:
        """Return every collection made for the alias, sorted."""
        return sorted(name for name in self._names() if name.rpartition("-")[0] == alias)

    def drop(self, collection: str) -> None:
        """Drop a collection, if it is there."""
        if self.exists(collection):
            self._ask(lambda: self._drop(collection), collection, done=lambda: not self.exists(collection))

    def close(self) -> None:
        """Release connections and locks."""
        with contextlib.suppress(Exception):  # closing twice or after the interpreter has begun to end is not an error
            self.client.close()

    def _admit(self, collection: str, dimension: int) -> None:
        """Check, once for each collection, that it exists and has that dimension."""
        if (collection, dimension) not in self._admitted:
            held = self._dimension(collection)
            if held is not None:
                measured(collection, held, dimension)
                self._admitted.add((collection, dimension))

    def _ask(self, call: Callable[[], T], collection: str = "", done: Callable[[], bool] | None = None) -> T:
        """Return what a request returns, with retries; see `attempts.attempted`."""
        return attempted(self.title, call, self.faults, lambda error: self._lasting(error, collection), done)
