"""Weaviate: a server by URL, with its gRPC port beside it.

Names there begin with a capital letter and hold no dash: `docs-search` is `C_docs_search`, one to one, for names here
hold no underscore. Aliases are Weaviate's own (1.32 and newer), which queries take like a collection's name. HNSW takes
points as they come, so there is no index to defer.
"""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
import weaviate
from step import TryAgain
from weaviate import exceptions
from weaviate.classes.config import Configure, DataType, Property, Tokenization, VectorDistances
from weaviate.classes.data import DataObject
from weaviate.classes.init import AdditionalConfig, Auth, Timeout
from weaviate.classes.query import Filter, MetadataQuery

from stores.base import Hit, Point, StoreError, key

_BATCH = 256
_GRPC_PORT = 50051
_DISTANCES = {"cosine": VectorDistances.COSINE, "dot": VectorDistances.DOT, "euclid": VectorDistances.L2_SQUARED}
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_REMEDIES = {401: "the key in the store's Secret is missing or wrong", 403: "the key may not do this"}
_PASSING = (
    exceptions.WeaviateConnectionError,
    exceptions.WeaviateTimeoutError,
    exceptions.WeaviateGRPCUnavailableError,
    exceptions.WeaviateStartUpError,
    exceptions.WeaviateQueryError,
    exceptions.WeaviateBatchError,
    ConnectionError,
    TimeoutError,
)
_TRIES = 6
_INDEXED = ("document", "hash")
T = TypeVar("T")


def open_store(url: str, facts: Mapping[str, Any]) -> Weaviate:
    """Opens the server. Raises as stores.open_store does."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreError(f"the address {url!r} is no http(s):// server of Weaviate")
    secure, secret = parts.scheme == "https", key()
    timeout = Timeout(init=10, query=facts.get("timeout", 60), insert=facts.get("timeout", 120))
    return Weaviate(
        _asked(
            lambda: weaviate.connect_to_custom(
                http_host=parts.hostname or "",
                http_port=parts.port or (443 if secure else 80),
                http_secure=secure,
                grpc_host=parts.hostname or "",
                grpc_port=facts.get("grpc_port", _GRPC_PORT),
                grpc_secure=secure,
                auth_credentials=Auth.api_key(secret) if secret else None,
                additional_config=AdditionalConfig(timeout=timeout),
            )
        ),
        facts.get("distance", "cosine"),
    )


class Weaviate:
    """The interface of stores.base.Store on a Weaviate client."""

    def __init__(self, client: weaviate.WeaviateClient, distance: str) -> None:
        self.client, self.distance = client, distance

    def create(self, collection: str, dimension: int, distance: str) -> None:
        if self.exists(collection):
            self._check(collection, dimension)
            return
        exact = {"data_type": DataType.TEXT, "tokenization": Tokenization.FIELD, "index_searchable": False}
        hidden = {"data_type": DataType.TEXT, "index_filterable": False, "index_searchable": False}
        _asked(
            lambda: self.client.collections.create(
                _name(collection),
                properties=[
                    *(Property(name=field, **exact) for field in _INDEXED),
                    Property(name="labels", **{**exact, "data_type": DataType.TEXT_ARRAY}),
                    Property(name="payload", **hidden),
                ],
                vector_config=Configure.Vectors.self_provided(
                    vector_index_config=Configure.VectorIndex.hnsw(distance_metric=_DISTANCES[distance])
                ),
            )
        )

    def ready(self, collection: str) -> None:
        """Nothing to turn on: see the module."""

    def exists(self, collection: str) -> bool:
        return _name(collection) in self._names()

    def collections(self, alias: str) -> list[str]:
        names = [_given(name) for name in self._names()]
        return sorted(name for name in names if name.rpartition("-")[0] == alias)

    def upsert(
        self, collection: str, ids: Sequence[str], vectors: np.ndarray, payloads: Sequence[Mapping[str, Any]]
    ) -> None:
        data = self.client.collections.get(_name(collection)).data
        for start in range(0, len(ids), _BATCH):
            part = slice(start, start + _BATCH)
            rows = [
                DataObject(properties=_stored(payload), uuid=one, vector=vector.tolist())
                for one, vector, payload in zip(ids[part], vectors[part], payloads[part], strict=True)
            ]
            found = _asked(lambda rows=rows: data.insert_many(rows))
            if found.has_errors:
                first = next(iter(found.errors.values()))
                raise TryAgain(f"Weaviate did not take {len(found.errors)} of {len(rows)} points: {first.message}")

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        data = self.client.collections.get(_name(collection)).data
        for start in range(0, len(ids), _BATCH * 4):
            part = list(ids[start : start + _BATCH * 4])
            _asked(lambda part=part: data.delete_many(where=Filter.by_id().contains_any(part)))

    def count(self, collection: str) -> int:
        if not self.exists(collection):
            return 0
        found = _asked(
            lambda: self.client.collections.get(_name(collection)).aggregate.over_all(total_count=True)
        ).total_count
        return int(found or 0)

    def points(self, collection: str, vectors: bool = False) -> Iterator[Point]:
        held = self.client.collections.get(_name(collection))
        after: Any = None
        while True:
            found = _asked(
                lambda after=after: held.query.fetch_objects(
                    limit=1024,
                    after=after,
                    include_vector=vectors,
                    return_properties=["payload"] if vectors else [],
                )
            ).objects
            for one in found:
                vector = np.asarray(one.vector["default"] if vectors else [], np.float32)
                yield Point(str(one.uuid), vector, _payload(one.properties))
            if not found:
                return
            after = found[-1].uuid

    def search(self, name: str, vector: np.ndarray, top: int, where: Mapping[str, Any] | None = None) -> list[Hit]:
        held = self.client.collections.get(_name(name))
        found = _asked(
            lambda: held.query.near_vector(
                near_vector=vector.tolist(),
                limit=top,
                filters=_where(where),
                return_metadata=MetadataQuery(distance=True),
                return_properties=["payload"],
            )
        )
        return [
            Hit(str(one.uuid), self._score(one.metadata.distance), _payload(one.properties)) for one in found.objects
        ]

    def switch(self, alias: str, collection: str) -> None:
        live = self.live(alias)
        if live is None:
            _asked(lambda: self.client.alias.create(alias_name=_name(alias), target_collection=_name(collection)))
        elif live != collection:
            _asked(lambda: self.client.alias.update(alias_name=_name(alias), new_target_collection=_name(collection)))

    def live(self, alias: str) -> str | None:
        found = _asked(lambda: self.client.alias.get(alias_name=_name(alias)))
        return _given(found.collection) if found else None

    def drop(self, collection: str) -> None:
        if self.exists(collection):
            _asked(lambda: self.client.collections.delete(_name(collection)))

    def close(self) -> None:
        with contextlib.suppress(Exception):  # closing twice or after the interpreter has begun to end is no fault
            self.client.close()

    def _check(self, collection: str, dimension: int) -> None:
        """Holds the dimension against a point's: Weaviate states none for a collection."""
        found = next(self.points(collection, vectors=True), None)
        if found is not None and len(found.vector) != dimension:
            raise StoreError(
                f"collection {collection} has {len(found.vector)} dimensions, the model gives {dimension}; drop it or "
                "correct the catalog"
            )

    def _names(self) -> list[str]:
        return list(_asked(self.client.collections.list_all))

    def _score(self, distance: float | None) -> float:
        return (1.0 - distance if self.distance == "cosine" else -distance) if distance is not None else 0.0


def _name(ours: str) -> str:
    return f"C_{ours.replace('-', '_')}"


def _given(theirs: str) -> str:
    return theirs.removeprefix("C_").replace("_", "-")


def _stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What filters reach, and the whole payload as it came."""
    labels = [f"{name}={json.dumps(value)}" for name, value in json.loads(payload.get("metadata") or "{}").items()]
    fields = {name: payload[name] for name in _INDEXED if name in payload}
    return {**fields, "labels": labels, "payload": json.dumps(dict(payload), ensure_ascii=False)}


def _payload(properties: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(properties["payload"]) if properties.get("payload") else {}


def _where(where: Mapping[str, Any] | None) -> Any:
    filters = [
        Filter.by_property(name).equal(value)
        if name in _INDEXED
        else Filter.by_property("labels").contains_all([f"{name.removeprefix('metadata.')}={json.dumps(value)}"])
        for name, value in (where or {}).items()
    ]
    return reduce(lambda one, other: one & other, filters) if filters else None


def _asked(call: Callable[[], T]) -> T:
    """Calls the client, trying again on what may pass."""
    for attempt in range(_TRIES):
        try:
            return call()
        except exceptions.UnexpectedStatusCodeError as error:
            if error.status_code not in _TRANSIENT:
                remedy = _REMEDIES.get(error.status_code, "")
                raise StoreError(f"Weaviate refuses: {error.message}{'; ' + remedy if remedy else ''}") from error
            fault: Exception = error
        except _PASSING as error:
            fault = error
        except exceptions.WeaviateBaseError as error:
            raise StoreError(f"Weaviate refuses: {error.message}") from error
        if attempt + 1 < _TRIES:
            time.sleep(min(2.0**attempt, 20) * random.uniform(0.5, 1.0))
    raise TryAgain(f"Weaviate does not answer after {_TRIES} tries: {fault}") from fault
