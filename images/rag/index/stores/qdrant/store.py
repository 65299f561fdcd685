"""`stores.base.Store` on a Qdrant client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from index import metadata
from index.condition import Condition
from index.stores.base import Hit, Point
from index.stores.engine import Engine
from index.stores.qdrant import errors
from index.stores.qdrant.client import QdrantClient, models
from index.stores.qdrant.payloads import BOUNDS, bound_field, described, filtered, restored, stored
from index.stores.queue import drained

_BATCH = 256
_NO_VECTOR = np.zeros(0, np.float32)
_EDGES = 16  # of the graph a point: the server's default
_INDEXED = {"document": "keyword", "hash": "keyword", "labels": "keyword"}
_DISTANCES = {"cosine": models.Distance.COSINE, "dot": models.Distance.DOT, "euclid": models.Distance.EUCLID}
T = TypeVar("T")


class Qdrant(Engine):
    """`stores.base.Store` on a Qdrant client."""

    title, faults = "Qdrant", errors.FAULTS

    def __init__(self, client: QdrantClient, url: str, facts: Mapping[str, Any]) -> None:
        super().__init__(url, facts)
        self.client, self.embedded = client, url.startswith("file:")
        self._indexed: set[tuple[str, str]] = set()

    def create(self, collection: str, dimension: int, distance: str) -> None:
        """Make the collection with its graph deferred (`m=0`) and its payload indexes; one that exists is left."""
        if self.exists(collection):
            self._admit(collection, dimension)
        else:
            self._indexed = {each for each in self._indexed if each[0] != collection}
            self._ask(
                lambda: self.client.create_collection(
                    collection,
                    vectors_config=models.VectorParams(size=dimension, distance=_DISTANCES[distance]),
                    hnsw_config=models.HnswConfigDiff(m=0),
                ),
                collection,
                done=lambda: self.exists(collection),
            )
        self._index(collection, _INDEXED)

    def _index(self, collection: str, fields: Mapping[str, str]) -> None:
        """Index fields of payloads, which embedded mode does not do; one that is indexed is left."""
        for field, kind in {} if self.embedded else fields.items():
            if (collection, field) not in self._indexed:
                self._ask(
                    lambda field=field, kind=kind: self.client.create_payload_index(collection, field, kind), collection
                )
                self._indexed.add((collection, field))

    def ready(self, collection: str) -> None:
        """Turn the graph on and wait until it holds every vector; embedded mode searches without one."""
        if self.embedded:
            return
        graph = models.HnswConfigDiff(m=_EDGES)
        self._ask(lambda: self.client.update_collection(collection, hnsw_config=graph), collection)
        drained("Qdrant", collection, lambda: self._queued(collection))

    def _queued(self, collection: str) -> int:
        """Return how many vectors the server has stored and not indexed yet, at least one while it is at work."""
        state = self._ask(lambda: self.client.get_collection(collection), collection)
        if state.status == models.CollectionStatus.GREEN:
            return 0
        return max(1, (state.points_count or 0) - (state.indexed_vectors_count or 0))

    def exists(self, collection: str) -> bool:
        """Return whether the collection is there."""
        return self._ask(lambda: self.client.collection_exists(collection))

    def _names(self) -> list[str]:
        return [collection.name for collection in self._ask(self.client.get_collections).collections]

    def upsert(
        self, collection: str, ids: Sequence[str], vectors: np.ndarray, payloads: Sequence[Mapping[str, Any]]
    ) -> None:
        """Write points in batches, replacing those of the same id; `vectors` is float32[n, d]."""
        self._admit(collection, vectors.shape[1])
        self._relax(collection)
        self._index(collection, {bound_field(name): "float" for name in metadata.bounds(payloads)})
        for start in range(0, len(ids), _BATCH):
            part = slice(start, start + _BATCH)
            batch = models.Batch(
                ids=list(ids[part]),
                vectors=vectors[part].tolist(),
                payloads=[stored(payload) for payload in payloads[part]],
            )
            self._ask(lambda batch=batch: self.client.upsert(collection, points=batch, wait=True), collection)

    def _held(self, collection: str, ids: Sequence[str]) -> list[Point]:
        records = self._ask(
            lambda: self.client.retrieve(collection, ids=list(ids), with_payload=False, with_vectors=False), collection
        )
        return [Point(str(record.id), _NO_VECTOR, {}) for record in records]

    def _relabel(self, collection: str, held: Sequence[Point], metadata: Mapping[str, str]) -> None:
        """Set fields of payloads, a request for each text: a document's points share theirs."""
        self._relax(collection)
        by_text: dict[str, list[Any]] = {}
        for point in held:
            by_text.setdefault(metadata[point.id], []).append(point.id)
        self._index(collection, {bound_field(name): "float" for text in by_text for name in described(text)[BOUNDS]})
        for text, ids in by_text.items():
            self._ask(
                lambda text=text, ids=ids: self.client.set_payload(collection, described(text), points=ids, wait=True),
                collection,
            )

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points by id; absent ones are skipped."""
        self._relax(collection)
        for start in range(0, len(ids), _BATCH * 4):
            part = models.PointIdsList(points=list(ids[start : start + _BATCH * 4]))
            self._ask(lambda part=part: self.client.delete(collection, points_selector=part, wait=True), collection)

    def count(self, collection: str) -> int:
        """Return how many points the collection holds, exactly; 0 where it does not exist."""
        if not self.exists(collection):
            return 0
        return self._ask(lambda: self.client.count(collection, exact=True)).count

    def points(self, collection: str, vectors: bool = False) -> Iterator[Point]:
        """Yield every point, a page at a time; without `vectors` only the ids are filled in."""
        place = None
        while True:
            records, place = self._ask(
                lambda place=place: self.client.scroll(
                    collection, limit=1024, offset=place, with_payload=vectors, with_vectors=vectors
                ),
                collection,
            )
            for record in records:
                vector = np.asarray(record.vector if vectors else [], np.float32)
                yield Point(str(record.id), vector, restored(record.payload or {}))
            if place is None:
                return

    def search(self, name: str, vector: np.ndarray, top: int, where: Condition | None = None) -> list[Hit]:
        """Return the `top` nearest of a collection or alias for which the condition holds, best first."""
        answer = self._ask(
            lambda: self.client.query_points(name, query=vector.tolist(), limit=top, query_filter=filtered(where)),
            name,
        )
        sign = -1.0 if self.facts.get("distance") == "euclid" else 1.0
        return [Hit(str(hit.id), sign * hit.score, restored(hit.payload or {})) for hit in answer.points]

    def switch(self, alias: str, collection: str) -> None:
        """Point the alias at the collection, in one request that drops the old alias and makes the new."""
        make = models.CreateAliasOperation(
            create_alias=models.CreateAlias(collection_name=collection, alias_name=alias)
        )
        drop = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
        actions = [drop, make] if self.live(alias) else [make]
        self._ask(
            lambda: self.client.update_collection_aliases(change_aliases_operations=actions),
            collection,
            done=lambda: self.live(alias) == collection,
        )

    def live(self, alias: str) -> str | None:
        """Return the collection that the alias points at; None where there is no alias."""
        aliases = self._ask(self.client.get_aliases).aliases
        return next((entry.collection_name for entry in aliases if entry.alias_name == alias), None)

    def unalias(self, alias: str) -> None:
        """Remove the alias, if it is there; the collection stays."""
        drop = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
        if self.live(alias):
            self._ask(
                lambda: self.client.update_collection_aliases(change_aliases_operations=[drop]),
                done=lambda: self.live(alias) is None,
            )

    def _drop(self, collection: str) -> None:
        self.client.delete_collection(collection)

    def _dimension(self, collection: str) -> int | None:
        described = self._ask(lambda: self.client.get_collection(collection), collection)
        return int(described.config.params.vectors.size)

    def _relax(self, collection: str) -> None:
        """Let embedded mode commit without waiting for the disk: it commits point by point, at a sync each.

        A write-ahead log survives a killed process whole. Points that a power cut takes are found missing by discover.
        """
        if self.embedded:
            inner = getattr(self.client, "_client", None)
            storage = getattr(getattr(inner, "collections", {}).get(collection), "storage", None)
            if (connection := getattr(storage, "storage", None)) is not None:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")

    def _lasting(self, error: Exception, collection: str) -> str | None:
        return errors.lasting(error, collection, self.url, self.facts)
