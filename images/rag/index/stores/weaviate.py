"""Weaviate: a server by URL, with its gRPC port beside it (?grpc_port=50051, or the catalog's fact of that name).

Names there begin with a capital letter and hold no dash: `docs_search-a` is `D_docs_ssearch__a` (names.py). Aliases are
Weaviate's own (1.32 and newer), which queries take like a collection's name. To defer indexing is the server's choice:
with ASYNC_INDEXING it stores at once and indexes behind
(https://docs.weaviate.io/weaviate/config-refs/indexing/vector-index), and `ready` waits until its queues are empty.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import grpc
import httpx
import numpy as np
import weaviate
from runtime.errors import TryAgain
from runtime.words import plural
from weaviate import exceptions
from weaviate.classes.config import Configure, DataType, Property, Tokenization, VectorDistances
from weaviate.classes.data import DataObject
from weaviate.classes.init import AdditionalConfig, Auth, Timeout
from weaviate.classes.query import Filter, MetadataQuery

from index.stores import names
from index.stores.base import FULL, Hit, Point, StoreError, absent, key, unauthorised
from index.stores.engine import Engine
from index.stores.queue import drained
from index.stores.trust import authority, distrust

_PAGE = 1024  # points, where they are read or deleted
_BATCH = 256  # points to write: small enough that rows are made while the server indexes those before
_AT_ONCE = 4  # requests: the server indexes each on a core of its own
_GRPC_PORT = 50051
_DISTANCES = {"cosine": VectorDistances.COSINE, "dot": VectorDistances.DOT, "euclid": VectorDistances.L2_SQUARED}
_FAULTS = (exceptions.WeaviateBaseError, httpx.TransportError, ConnectionError, TimeoutError)
_PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}
_PASSING_CODES = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
}
# The server gives most faults no code of their own.
_PASSING_WORDS = ("context canceled", "shutting down", "leader not found", "not ready", "connection refused", "timeout")
_FULL_WORDS = ("read-only", "readonly", "no space left")
_EVERY = "Every object failed during insertion. Here is the set of all errors: "
_NO_ANSWER = (
    exceptions.WeaviateConnectionError,
    exceptions.WeaviateTimeoutError,
    exceptions.WeaviateGRPCUnavailableError,
    exceptions.WeaviateStartUpError,
)
_INDEXED = ("document", "hash")
T = TypeVar("T")


def open_store(url: str, facts: Mapping[str, Any]) -> Weaviate:
    """Open the server. Raises as stores.open_store does."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreError(f"the address {url!r} is not an http(s):// server of Weaviate")
    return Weaviate(url, facts)


def _connected(url: str, facts: Mapping[str, Any]) -> weaviate.WeaviateClient:
    parts, secret, wait = urlsplit(url), key(), facts.get("timeout", 60)
    secure, host = parts.scheme == "https", parts.hostname or ""
    with _trusting(secure):
        return weaviate.connect_to_custom(
            http_host=host,
            http_port=parts.port or (443 if secure else 80),
            http_secure=secure,
            grpc_host=host,
            grpc_port=int(parse_qs(parts.query).get("grpc_port", [facts.get("grpc_port", _GRPC_PORT)])[0]),
            grpc_secure=secure,
            auth_credentials=Auth.api_key(secret) if secret else None,
            additional_config=AdditionalConfig(
                timeout=Timeout(init=min(10, wait), query=wait, insert=wait),
                trust_env=secure and authority() is not None,
            ),
        )


@contextlib.contextmanager
def _trusting(secure: bool) -> Iterator[None]:
    """Trust the mounted authority while connecting: the client takes one for both its protocols from these alone."""
    names = ("SSL_CERT_FILE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")
    before = {name: os.environ.get(name) for name in names}
    if secure and (file := authority()):
        os.environ.update(dict.fromkeys(names, str(file)))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


class Weaviate(Engine):
    """`stores.base.Store` on a Weaviate client."""

    title, faults = "Weaviate", _FAULTS

    def __init__(self, url: str, facts: Mapping[str, Any]) -> None:
        super().__init__(url, facts)
        self.distance = facts.get("distance", "cosine")
        self.client = self._ask(lambda: _connected(url, facts))

    def create(self, collection: str, dimension: int, distance: str) -> None:
        """Make the collection with its payload indexes; the server decides when vectors are indexed."""
        if self.exists(collection):
            self._admit(collection, dimension)
            return
        exact = {"data_type": DataType.TEXT, "tokenization": Tokenization.FIELD, "index_searchable": False}
        hidden = {"data_type": DataType.TEXT, "index_filterable": False, "index_searchable": False}
        self._ask(
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
            ),
            collection,
            done=lambda: self.exists(collection),
        )

    def ready(self, collection: str) -> None:
        """Wait until the server's indexing queues are empty."""
        drained("Weaviate", collection, lambda: self._queued(collection))

    def _queued(self, collection: str) -> int:
        """Return how many vectors the server has stored and not indexed yet; none where it indexes as it stores."""
        nodes = self._ask(lambda: self.client.cluster.nodes(collection=_name(collection), output="verbose"), collection)
        shards = [shard for node in nodes for shard in node.shards or []]
        return sum(shard.vector_queue_length or 0 for shard in shards)

    def exists(self, collection: str) -> bool:
        """Return whether the collection is there."""
        return self._ask(lambda: self.client.collections.exists(_name(collection)))

    def _names(self) -> list[str]:
        return [_platform_name(name) for name in self._ask(self.client.collections.list_all)]

    def upsert(
        self, collection: str, ids: Sequence[str], vectors: np.ndarray, payloads: Sequence[Mapping[str, Any]]
    ) -> None:
        """Write points by several requests at once, replacing those of the same id; `vectors` is float32[n, d]."""
        self._admit(collection, vectors.shape[1])
        parts = [slice(start, start + _BATCH) for start in range(0, len(ids), _BATCH)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda part: self._insert(collection, ids[part], vectors[part], payloads[part]), parts))

    def _insert(
        self, collection: str, ids: Sequence[str], vectors: np.ndarray, payloads: Sequence[Mapping[str, Any]]
    ) -> None:
        """One request's points."""
        data = self.client.collections.get(_name(collection)).data
        rows = [
            DataObject(properties=_stored(payload), uuid=name, vector=vector.tolist())
            for name, vector, payload in zip(ids, vectors, payloads, strict=True)
        ]
        inserted = self._ask(lambda: data.insert_many(rows), collection)
        if inserted.has_errors:
            first = next(iter(inserted.errors.values())).message
            refused = f"{len(inserted.errors)} of {plural(len(rows), 'point')}: {first}"
            if any(word in first for word in _PASSING_WORDS):
                raise TryAgain(f"Weaviate did not take {refused}")
            raise StoreError(f"Weaviate does not take {refused}{_remedy(first)}")

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points by id; absent ones are skipped."""
        if not self.exists(collection):
            raise StoreError(absent("Weaviate", collection))
        data = self.client.collections.get(_name(collection)).data
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
            lambda: self.client.collections.get(_name(collection)).aggregate.over_all(total_count=True)
        ).total_count
        return int(total or 0)

    def points(self, collection: str, vectors: bool = False) -> Iterator[Point]:
        """Yield every point, a page at a time; without `vectors` only the ids are filled in."""
        held = self.client.collections.get(_name(collection))
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
            for stored in objects:
                vector = np.asarray(stored.vector["default"] if vectors else [], np.float32)
                yield Point(str(stored.uuid), vector, _payload(stored.properties))
            if not objects:
                return
            after = objects[-1].uuid

    def search(self, name: str, vector: np.ndarray, top: int, where: Mapping[str, Any] | None = None) -> list[Hit]:
        """Return the `top` nearest of a collection or alias, best first; `where` filters by metadata or payload."""
        held = self.client.collections.get(_name(name))
        answer = self._ask(
            lambda: held.query.near_vector(
                near_vector=vector.tolist(),
                limit=top,
                filters=_where(where),
                return_metadata=MetadataQuery(distance=True),
                return_properties=["payload"],
            ),
            name,
        )
        return [
            Hit(str(hit.uuid), self._score(hit.metadata.distance), _payload(hit.properties)) for hit in answer.objects
        ]

    def switch(self, alias: str, collection: str) -> None:
        """Point the alias at the collection in one request."""
        target, ours, theirs = self._target(alias), _name(alias), _name(collection)
        make = lambda: self.client.alias.create(alias_name=ours, target_collection=theirs)  # noqa: E731
        move = lambda: self.client.alias.update(alias_name=ours, new_target_collection=theirs)  # noqa: E731
        if target != collection:
            self._ask(make if target is None else move, collection, done=lambda: self._target(alias) == collection)

    def live(self, alias: str) -> str | None:
        """Return the collection that the alias points at; None where there is no alias or the collection is gone."""
        target = self._target(alias)  # an alias outlives the collection it leads to
        return target if target and self.exists(target) else None

    def _target(self, alias: str) -> str | None:
        target = self._ask(lambda: self.client.alias.get(alias_name=_name(alias)))
        return _platform_name(target.collection) if target else None

    def unalias(self, alias: str) -> None:
        """Remove the alias, if it is there; the collection stays."""
        if self._target(alias):
            self._ask(
                lambda: self.client.alias.delete(alias_name=_name(alias)), done=lambda: self._target(alias) is None
            )

    def _drop(self, collection: str) -> None:
        self.client.collections.delete(_name(collection))

    def _dimension(self, collection: str) -> int | None:
        if not self.exists(collection):  # or a write would create it
            raise StoreError(absent("Weaviate", collection))
        first = next(self.points(collection, vectors=True), None)  # a collection does not state its dimension
        return None if first is None else len(first.vector)

    def _lasting(self, error: Exception, collection: str) -> str | None:
        reason = _server_message(error)
        code = _code(error)
        if code in (401, 403, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
            return unauthorised("Weaviate", self.facts, reason)
        if isinstance(error, exceptions.WeaviateRetryError):  # the client has waited a minute already
            raise TryAgain(f"Weaviate does not answer: {reason}") from error
        if code in _PASSING_STATUS or code in _PASSING_CODES or any(word in reason for word in _PASSING_WORDS):
            return None
        if not isinstance(error, exceptions.WeaviateBaseError) or isinstance(error, _NO_ANSWER):
            return distrust(self.url, "Weaviate")
        if code == 404 or "could not find class" in reason or "not found in schema" in reason:
            return absent("Weaviate", collection)
        return f"Weaviate refuses: {reason}{_remedy(reason)}"

    def _score(self, distance: float | None) -> float:
        return (1.0 - distance if self.distance == "cosine" else -distance) if distance is not None else 0.0


def _name(ours: str) -> str:
    return names.encoded(ours, "D_", "C_")


def _platform_name(theirs: str) -> str:
    return names.decoded(theirs, "D_", "C_")


def _stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what filters reach, and the whole payload as it came."""
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
    return reduce(lambda left, right: left & right, filters) if filters else None


def _code(error: BaseException | None) -> Any:
    """Return the HTTP status or the gRPC code behind a fault, where it has one."""
    while error is not None:
        if isinstance(error, exceptions.UnexpectedStatusCodeError) and error.status_code >= 100:
            return error.status_code
        if isinstance(error, grpc.RpcError) and hasattr(error, "code"):
            return error.code()
        error = error.__cause__ or error.__context__
    return None


def _server_message(error: Exception) -> str:
    """Return the server's message for the error, without what the client adds to it."""
    body = getattr(error, "error", None)
    if isinstance(body, dict):
        listed = body.get("error")
        body = listed[0].get("message") if isinstance(listed, list) and listed else body.get("message") or listed
    lines = [line.strip() for line in str(body or error).splitlines() if line.strip()]
    return lines[0].removeprefix(_EVERY) if lines else type(error).__name__


def _remedy(reason: str) -> str:
    return f"; {FULL}" if any(word in reason for word in _FULL_WORDS) else ""
