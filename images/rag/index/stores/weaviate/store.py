"""`stores.base.Store` on a Weaviate client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from runtime.errors import TryAgain
from runtime.words import plural
from weaviate.classes.config import Configure, DataType, Property, Tokenization, VectorDistances
from weaviate.classes.data import DataObject
from weaviate.classes.query import Filter, MetadataQuery

from index import metadata
from index.condition import LABELS, Condition
from index.stores.base import FULL, Hit, Point, StoreError, absent
from index.stores.engine import Engine
from index.stores.names import Names
from index.stores.queue import drained
from index.stores.weaviate import connection, errors
from index.stores.weaviate.payloads import INDEXED, filtered, restored, stored

_PAGE = 1024  # points, where they are read or deleted
_BATCH = 256  # points to write: small enough that rows are made while the server indexes those before
_AT_ONCE = 4  # requests: the server indexes each on a core of its own
_DISTANCES = {"cosine": VectorDistances.COSINE, "dot": VectorDistances.DOT, "euclid": VectorDistances.L2_SQUARED}
NAMES = Names("D_", "C_")
T = TypeVar("T")


class Weaviate(Engine):
    """`stores.base.Store` on a Weaviate client."""

    title, faults = "Weaviate", errors.FAULTS

    def __init__(self, url: str, facts: Mapping[str, Any]) -> None:
        super().__init__(url, facts)
        self.distance = facts.get("distance", "cosine")
        self._properties: dict[str, set[str]] = {}
        self.client = self._ask(lambda: connection.connected(url, facts))

    def create(self, collection: str, dimension: int, distance: str) -> None:
        """Make the collection with its payload indexes; the server decides when vectors are indexed."""
        if self.exists(collection):
            self._admit(collection, dimension)
            return
        self._properties.pop(collection, None)
        exact = {"data_type": DataType.TEXT, "tokenization": Tokenization.FIELD, "index_searchable": False}
        hidden = {"data_type": DataType.TEXT, "index_filterable": False, "index_searchable": False}
        self._ask(
            lambda: self.client.collections.create(
                NAMES.encoded(collection),
                properties=[
                    *(Property(name=field, **exact) for field in INDEXED),
                    Property(name=LABELS, **{**exact, "data_type": DataType.TEXT_ARRAY}),
                    Property(name="payload", **hidden),
                ],
                vector_config=Configure.Vectors.self_provided(
                    vector_index_config=Configure.VectorIndex.hnsw(distance_metric=_DISTANCES[distance])
                ),
            ),
            collection,
            done=lambda: self.exists(collection),
        )

    def _widen(self, collection: str, fields: set[str]) -> None:
        """Add the properties of bounds that the collection does not have yet."""
        if fields <= self._properties.get(collection, set()):
            return
        config = self.client.collections.get(NAMES.encoded(collection)).config
        held = {field.name for field in self._ask(config.get, collection).properties}
        for name in sorted(fields - held):
            ranged = Property(name=name, data_type=DataType.NUMBER, index_filterable=False, index_range_filters=True)
            self._ask(
                lambda ranged=ranged: config.add_property(ranged),
                collection,
                done=lambda name=name: name in {field.name for field in config.get().properties},
            )
        self._properties[collection] = held | fields

    def ready(self, collection: str) -> None:
        """Wait until the server's indexing queues are empty."""
        drained("Weaviate", collection, lambda: self._queued(collection))

    def _queued(self, collection: str) -> int:
        """Return how many vectors the server has stored and not indexed yet; none where it indexes as it stores."""
        nodes = self._ask(
            lambda: self.client.cluster.nodes(collection=NAMES.encoded(collection), output="verbose"), collection
        )
        shards = [shard for node in nodes for shard in node.shards or []]
        return sum(shard.vector_queue_length or 0 for shard in shards)

    def exists(self, collection: str) -> bool:
        """Return whether the collection is there."""
        return self._ask(lambda: self.client.collections.exists(NAMES.encoded(collection)))

    def _names(self) -> list[str]:
        return [NAMES.decoded(name) for name in self._ask(self.client.collections.list_all)]

    def upsert(
        self, collection: str, ids: Sequence[str], vectors: np.ndarray, payloads: Sequence[Mapping[str, Any]]
    ) -> None:
        """Write points by several requests at once, replacing those of the same id; `vectors` is float32[n, d]."""
        self._admit(collection, vectors.shape[1])
        self._widen(collection, metadata.bounds(payloads))
        parts = [slice(start, start + _BATCH) for start in range(0, len(ids), _BATCH)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda part: self._insert(collection, ids[part], vectors[part], payloads[part]), parts))

    def _insert(
        self, collection: str, ids: Sequence[str], vectors: np.ndarray, payloads: Sequence[Mapping[str, Any]]
    ) -> None:
        """One request's points."""
        data = self.client.collections.get(NAMES.encoded(collection)).data
        rows = [
            DataObject(properties=stored(payload), uuid=name, vector=vector.tolist())
            for name, vector, payload in zip(ids, vectors, payloads, strict=True)
        ]
        inserted = self._ask(lambda: data.insert_many(rows), collection)
        if inserted.has_errors:
            first = next(iter(inserted.errors.values())).message
            refused = f"{len(inserted.errors)} of {plural(len(rows), 'point')}: {first}"
            if errors.may_pass(first):
                raise TryAgain(f"Weaviate did not take {refused}")
            raise StoreError(f"Weaviate does not take {refused}{errors.remedy(first)}")

    def _held(self, collection: str, ids: Sequence[str]) -> list[Point]:
        query = self.client.collections.get(NAMES.encoded(collection)).query
        objects: list[Any] = []
        for start in range(0, len(ids), _PAGE):
            some = Filter.by_id().contains_any(list(ids[start : start + _PAGE]))
            answer = self._ask(
                lambda some=some: query.fetch_objects(
                    filters=some, limit=_PAGE, include_vector=True, return_properties=["payload"]
                ),
                collection,
            )
            objects += answer.objects
        return [_point(item, vectors=True) for item in objects]

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points by id; absent ones are skipped."""
        if not self.exists(collection):
            raise StoreError(absent("Weaviate", collection))
        data = self.client.collections.get(NAMES.encoded(collection)).data
        for start in range(0, len(ids), _PAGE):
            some = Filter.by_id().contains_any(list(ids[start : start + _PAGE]))
            deleted = self._ask(lambda some=some: data.delete_many(where=some), collection)
            if deleted.failed:  # asked for the reason, its server fails to write the answer
                raise StoreError(
                    f"Weaviate does not delete {deleted.failed} of {plural(deleted.matches, 'point')} and does not "
                    f"say why; where {FULL}"
                )

    def count(self, collection: str) -> int:
        """Return how many points the collection holds, exactly; 0 where it does not exist."""
        if not self.exists(collection):
            return 0
        total = self._ask(
            lambda: self.client.collections.get(NAMES.encoded(collection)).aggregate.over_all(total_count=True)
        ).total_count
        return int(total or 0)

    def points(self, collection: str, vectors: bool = False) -> Iterator[Point]:
        """Yield every point, a page at a time; without `vectors` only the ids are filled in."""
        held = self.client.collections.get(NAMES.encoded(collection))
        after: Any = None
        while True:
            objects = self._ask(
                lambda after=after: held.query.fetch_objects(
                    limit=_PAGE,
                    after=after,
                    include_vector=vectors,
                    return_properties=["payload"] if vectors else [],
                ),
                collection,
            ).objects
            yield from (_point(item, vectors) for item in objects)
            if not objects:
                return
            after = objects[-1].uuid

    def search(self, name: str, vector: np.ndarray, top: int, where: Condition | None = None) -> list[Hit]:
        """Return the `top` nearest of a collection or alias for which the condition holds, best first."""
        held = self.client.collections.get(NAMES.encoded(name))
        answer = self._ask(
            lambda: held.query.near_vector(
                near_vector=vector.tolist(),
                limit=top,
                filters=filtered(where),
                return_metadata=MetadataQuery(distance=True),
                return_properties=["payload"],
            ),
            name,
        )
        return [
            Hit(str(hit.uuid), self._score(hit.metadata.distance), restored(hit.properties)) for hit in answer.objects
        ]

    def switch(self, alias: str, collection: str) -> None:
        """Point the alias at the collection in one request."""
        target, ours, theirs = self._target(alias), NAMES.encoded(alias), NAMES.encoded(collection)
        make = lambda: self.client.alias.create(alias_name=ours, target_collection=theirs)  # noqa: E731
        move = lambda: self.client.alias.update(alias_name=ours, new_target_collection=theirs)  # noqa: E731
        if target != collection:
            self._ask(make if target is None else move, collection, done=lambda: self._target(alias) == collection)

    def live(self, alias: str) -> str | None:
        """Return the collection that the alias points at; None where there is no alias or the collection is gone."""
        target = self._target(alias)  # an alias outlives the collection it leads to
        return target if target and self.exists(target) else None

    def _target(self, alias: str) -> str | None:
        target = self._ask(lambda: self.client.alias.get(alias_name=NAMES.encoded(alias)))
        return NAMES.decoded(target.collection) if target else None

    def unalias(self, alias: str) -> None:
        """Remove the alias, if it is there; the collection stays."""
        if self._target(alias):
            self._ask(
                lambda: self.client.alias.delete(alias_name=NAMES.encoded(alias)),
                done=lambda: self._target(alias) is None,
            )

    def _drop(self, collection: str) -> None:
        self.client.collections.delete(NAMES.encoded(collection))

    def _dimension(self, collection: str) -> int | None:
        if not self.exists(collection):  # or a write would create it
            raise StoreError(absent("Weaviate", collection))
        first = next(self.points(collection, vectors=True), None)  # a collection does not state its dimension
        return None if first is None else len(first.vector)

    def _lasting(self, error: Exception, collection: str) -> str | None:
        return errors.lasting(error, collection, self.url, self.facts)

    def _score(self, distance: float | None) -> float:
        return (1.0 - distance if self.distance == "cosine" else -distance) if distance is not None else 0.0


def _point(item: Any, vectors: bool) -> Point:
    vector = np.asarray(item.vector["default"] if vectors else [], np.float32)
    return Point(str(item.uuid), vector, restored(item.properties))
