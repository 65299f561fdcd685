"""`stores.base.Store` on a Milvus client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from pymilvus import DataType, MilvusClient
from pymilvus.exceptions import MilvusException

from index import metadata
from index.condition import LABELS, Condition
from index.stores.base import Hit, Point
from index.stores.engine import Engine
from index.stores.milvus import errors
from index.stores.milvus.payloads import INDEXED, filtered, stored
from index.stores.names import Names

_BATCH = 512
_METRICS = {"cosine": "COSINE", "dot": "IP", "euclid": "L2"}
NAMES = Names("d_", "c_")
T = TypeVar("T")


class Milvus(Engine):
    """`stores.base.Store` on a Milvus client."""

    title, faults = "Milvus", errors.FAULTS

    def __init__(self, connect: Callable[[], MilvusClient], url: str, facts: Mapping[str, Any]) -> None:
        super().__init__(url, facts)
        self.distance, self.timeout = facts.get("distance", "cosine"), facts.get("timeout", 60)
        self.client = self._ask(connect)

    def create(self, collection: str, dimension: int, distance: str) -> None:
        """Make the collection without an index, which `ready` builds; one that exists is left."""
        name = NAMES.encoded(collection)
        if self.exists(collection):
            self._admit(collection, dimension)
            return
        schema = self.client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=36)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        for field in INDEXED:
            schema.add_field(field, DataType.VARCHAR, max_length=4096)
        label: dict[str, Any] = {"element_type": DataType.VARCHAR, "max_length": metadata.LONGEST_LABEL}
        schema.add_field(LABELS, DataType.ARRAY, max_capacity=4096, **label)
        schema.add_field("metadata", DataType.JSON)
        schema.add_field("bounds", DataType.JSON)
        schema.add_field("payload", DataType.VARCHAR, max_length=65_535)
        made = lambda: self.client.create_collection(  # noqa: E731
            name, schema=schema, consistency_level="Strong", timeout=self.timeout
        )
        self._ask(made, collection, done=lambda: self.exists(collection))

    def ready(self, collection: str) -> None:
        """Flush, build the indexes that are missing, and load the collection."""
        name = NAMES.encoded(collection)
        self._ask(lambda: self.client.flush(name, timeout=self.timeout), collection)
        held = self._ask(lambda: self.client.list_indexes(name, timeout=self.timeout), collection)
        self._index(collection, held, "vector", index_type="AUTOINDEX", metric_type=_METRICS[self.distance])
        for field in INDEXED if self._lite() else (*INDEXED, LABELS):
            self._index(collection, held, field, index_type="INVERTED")
        self._ask(lambda: self.client.load_collection(name), collection)

    def _lite(self) -> bool:
        """Return whether this is milvus-lite, which indexes no arrays and scans them."""
        version = self._ask(lambda: self.client.get_server_version(timeout=self.timeout))
        return str(version).startswith("milvus_lite")

    def _index(self, collection: str, held: list[str], field: str, **how: str) -> None:
        """Build the index of a field, where it is not held yet."""
        name = NAMES.encoded(collection)
        if field not in held:
            index = self.client.prepare_index_params()
            index.add_index(field, index_name=field, **how)
            self._ask(
                lambda: self.client.create_index(name, index),
                collection,
                done=lambda: field in self.client.list_indexes(name, timeout=self.timeout),
            )

    def exists(self, collection: str) -> bool:
        """Return whether the collection is there."""
        return bool(self._ask(lambda: self.client.has_collection(NAMES.encoded(collection), timeout=self.timeout)))

    def _names(self) -> list[str]:
        return [NAMES.decoded(name) for name in self._ask(lambda: self.client.list_collections(timeout=self.timeout))]

    def upsert(
        self, collection: str, ids: Sequence[str], vectors: np.ndarray, payloads: Sequence[Mapping[str, Any]]
    ) -> None:
        """Write points in batches, replacing those of the same id; `vectors` is float32[n, d]."""
        self._admit(collection, vectors.shape[1])
        with ThreadPoolExecutor(1) as wire:  # one request at a time, the next one's rows made meanwhile
            sent = None
            for start in range(0, len(ids), _BATCH):
                part = slice(start, start + _BATCH)
                rows = [
                    {"id": name, "vector": vector.tolist(), **stored(payload)}
                    for name, vector, payload in zip(ids[part], vectors[part], payloads[part], strict=True)
                ]
                if sent is not None:
                    sent.result()
                sent = wire.submit(self._sent, collection, rows)
            if sent is not None:
                sent.result()

    def _sent(self, collection: str, rows: list[dict[str, Any]]) -> None:
        self._ask(lambda: self.client.upsert(NAMES.encoded(collection), rows, timeout=self.timeout), collection)

    def _held(self, collection: str, ids: Sequence[str]) -> list[Point]:
        rows: list[Any] = []
        for start in range(0, len(ids), _BATCH):
            part = list(ids[start : start + _BATCH])
            rows += self._read(
                collection,
                lambda part=part: self.client.get(
                    NAMES.encoded(collection), ids=part, output_fields=["vector", "payload"], timeout=self.timeout
                ),
            )
        return [_point(row) for row in rows]

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points by id; absent ones are skipped."""
        for start in range(0, len(ids), _BATCH):
            part = list(ids[start : start + _BATCH])
            self._ask(
                lambda part=part: self.client.delete(NAMES.encoded(collection), ids=part, timeout=self.timeout),
                collection,
            )

    def count(self, collection: str) -> int:
        """Return how many points the collection holds, exactly; 0 where it does not exist."""
        if not self.exists(collection):
            return 0
        name = NAMES.encoded(collection)
        rows = self._read(
            collection,
            lambda: self.client.query(name, filter="", output_fields=["count(*)"], timeout=self.timeout),
        )
        return int(rows[0]["count(*)"])

    def points(self, collection: str, vectors: bool = False) -> Iterator[Point]:
        """Yield every point, a page at a time; without `vectors` only the ids are filled in."""
        fields = ["id", "vector", "payload"] if vectors else ["id"]
        # The client's iterator pages by key: an offset is capped at 16,384, and a limited query promises no order.
        pages = self._read(
            collection,
            lambda: self.client.query_iterator(
                NAMES.encoded(collection), batch_size=1024, output_fields=fields, timeout=self.timeout
            ),
        )
        try:
            while rows := self._ask(pages.next, collection):
                yield from map(_point, rows)
        finally:
            pages.close()

    def search(self, name: str, vector: np.ndarray, top: int, where: Condition | None = None) -> list[Hit]:
        """Return the `top` nearest of a collection or alias for which the condition holds, best first."""
        answers = self._read(
            name,
            lambda: self.client.search(
                NAMES.encoded(name),
                data=[vector.tolist()],
                limit=top,
                filter=filtered(where),
                output_fields=["payload"],
                timeout=self.timeout,
            ),
        )
        sign = -1.0 if self.distance == "euclid" else 1.0
        return [Hit(hit["id"], sign * hit["distance"], json.loads(hit["entity"]["payload"])) for hit in answers[0]]

    def switch(self, alias: str, collection: str) -> None:
        """Point the alias at the collection in one request."""
        live = self.live(alias)
        point = self.client.create_alias if live is None else self.client.alter_alias
        if live != collection:
            self._ask(
                lambda: point(NAMES.encoded(collection), NAMES.encoded(alias), timeout=self.timeout),
                collection,
                done=lambda: self.live(alias) == collection,
            )

    def live(self, alias: str) -> str | None:
        """Return the collection that the alias points at; None where there is no alias."""
        if not self.exists(alias):  # which an alias answers for its collection
            return None
        described = self._ask(lambda: self.client.describe_alias(NAMES.encoded(alias), timeout=self.timeout), alias)
        return NAMES.decoded(described["collection_name"])

    def unalias(self, alias: str) -> None:
        """Remove the alias, if it is there; the collection stays."""
        if self.live(alias):
            self._ask(
                lambda: self.client.drop_alias(NAMES.encoded(alias), timeout=self.timeout),
                done=lambda: self.live(alias) is None,
            )

    def _drop(self, collection: str) -> None:
        self.client.drop_collection(NAMES.encoded(collection), timeout=self.timeout)

    def _dimension(self, collection: str) -> int | None:
        name = NAMES.encoded(collection)
        described = self._ask(lambda: self.client.describe_collection(name, timeout=self.timeout), collection)
        vector = next(field for field in described["fields"] if field["name"] == "vector")
        return int(vector["params"]["dim"])

    def _read(self, collection: str, call: Callable[[], T]) -> T:
        """Send a request that needs the collection loaded, and load it first where a run left it half-way."""

        def loaded() -> T:
            try:
                return call()
            except MilvusException as error:
                if error.code != errors.NOT_LOADED:
                    raise
                self.ready(collection)
                return call()

        return self._ask(loaded, collection)

    def _lasting(self, error: Exception, collection: str) -> str | None:
        return errors.lasting(error, collection, self.url, self.facts)


def _point(row: Mapping[str, Any]) -> Point:
    """Return a row as a point, with the vector and payload that were asked for."""
    vector = np.asarray(row.get("vector", []), np.float32)
    return Point(row["id"], vector, json.loads(row["payload"]) if "payload" in row else {})
