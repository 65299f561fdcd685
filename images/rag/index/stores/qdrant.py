"""Qdrant: a server by URL, or the client's embedded mode by folder.

Bulk loading follows https://qdrant.tech/documentation/manage-data/bulk-upload/: the graph is deferred by `m=0` while
loading, which spares memory beside not indexing at all, and built after. Embedded mode has no index to defer, searches
exactly, and locks its folder to one process.
"""

from __future__ import annotations

import json
import sqlite3
import ssl
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse
from runtime.errors import TryAgain

from index.stores.base import FULL, Hit, Point, StoreError, absent, key, unauthorised
from index.stores.engine import Engine
from index.stores.queue import drained
from index.stores.trust import authority, distrust

_BATCH = 256
_EDGES = 16  # of the graph a point: the server's default
_INDEXED = {"document": "keyword", "hash": "keyword"}
_DISTANCES = {"cosine": models.Distance.COSINE, "dot": models.Distance.DOT, "euclid": models.Distance.EUCLID}
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_FAULTS = (
    UnexpectedResponse,
    ResponseHandlingException,
    ConnectionError,
    TimeoutError,
    ValueError,
    sqlite3.OperationalError,
)
T = TypeVar("T")


def open_store(url: str, facts: Mapping[str, Any]) -> Qdrant:
    """Open the server or the folder. Raises as stores.open_store does."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        Path(parts.path).mkdir(parents=True, exist_ok=True)
        try:
            # Its advice to use a server above 20,000 points is the catalog's business, not this run's.
            warnings.filterwarnings("ignore", module="qdrant_client")
            return Qdrant(QdrantClient(path=parts.path), url, facts)
        except RuntimeError as error:
            if "already accessed" in str(error):
                raise TryAgain(
                    f"{parts.path}: another process has the embedded Qdrant open; it takes one at a time"
                ) from error
            raise
    if parts.scheme not in ("http", "https"):
        raise StoreError(f"the address {url!r} is neither an http(s):// server of Qdrant nor a file:// folder")
    file = authority() if parts.scheme == "https" else None
    trusted: dict[str, Any] = {"verify": ssl.create_default_context(cafile=file)} if file else {}
    wait = facts.get("timeout", 60)
    with warnings.catch_warnings():  # http:// inside a cluster is the catalog's choice
        warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
        client = QdrantClient(url=url, api_key=key(), timeout=wait, check_compatibility=False, **trusted)
    return Qdrant(client, url, facts)


class Qdrant(Engine):
    """`stores.base.Store` on a Qdrant client."""

    title, faults = "Qdrant", _FAULTS

    def __init__(self, client: QdrantClient, url: str, facts: Mapping[str, Any]) -> None:
        super().__init__(url, facts)
        self.client, self.embedded = client, url.startswith("file:")

    def create(self, collection: str, dimension: int, distance: str) -> None:
        """Make the collection with its graph deferred (`m=0`) and its payload indexes; one that exists is left."""
        if self.exists(collection):
            self._admit(collection, dimension)
        else:
            self._ask(
                lambda: self.client.create_collection(
                    collection,
                    vectors_config=models.VectorParams(size=dimension, distance=_DISTANCES[distance]),
                    hnsw_config=models.HnswConfigDiff(m=0),
                ),
                collection,
                done=lambda: self.exists(collection),
            )
        for field, kind in {} if self.embedded else _INDEXED.items():  # one that is there is left
            self._ask(
                lambda field=field, kind=kind: self.client.create_payload_index(collection, field, kind), collection
            )

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
        for start in range(0, len(ids), _BATCH):
            part = slice(start, start + _BATCH)
            batch = models.Batch(
                ids=list(ids[part]),
                vectors=vectors[part].tolist(),
                payloads=[_stored(payload) for payload in payloads[part]],
            )
            self._ask(lambda batch=batch: self.client.upsert(collection, points=batch, wait=True), collection)

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
                yield Point(str(record.id), vector, _payload(record.payload or {}))
            if place is None:
                return

    def search(self, name: str, vector: np.ndarray, top: int, where: Mapping[str, Any] | None = None) -> list[Hit]:
        """Return the `top` nearest of a collection or alias, best first; `where` filters by metadata or payload."""
        must = [
            models.FieldCondition(key=key, match=models.MatchValue(value=value)) for key, value in (where or {}).items()
        ]
        answer = self._ask(
            lambda: self.client.query_points(
                name, query=vector.tolist(), limit=top, query_filter=models.Filter(must=must) if must else None
            ),
            name,
        )
        sign = -1.0 if self.facts.get("distance") == "euclid" else 1.0
        return [Hit(str(hit.id), sign * hit.score, _payload(hit.payload or {})) for hit in answer.points]

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
        if isinstance(error, UnexpectedResponse):
            reason = _server_message(error)
            if error.status_code in (401, 403):
                return unauthorised("Qdrant", self.facts, reason)
            if error.status_code == 404:
                return absent("Qdrant", collection)
            full = error.status_code == 507 or "no space left" in reason.lower()
            if error.status_code in _TRANSIENT and not full:
                return None
            return f"Qdrant refuses: {reason}{'; ' + FULL if full else ''}"
        if isinstance(error, sqlite3.OperationalError):  # embedded mode keeps its points in SQLite
            return f"Qdrant refuses: {error}{'; ' + FULL if 'full' in str(error) else ''}"
        if isinstance(error, ValueError):  # embedded mode's way to refuse
            return absent("Qdrant", collection) if "not found" in str(error) else f"Qdrant refuses: {error}"
        return distrust(self.url, "Qdrant")


def _server_message(error: UnexpectedResponse) -> str:
    """Return the server's message: JSON, or plain text where it refuses a key."""
    try:
        return str(json.loads(error.content)["status"]["error"])
    except (ValueError, KeyError, TypeError):
        text = error.headers.get("content-type", "").startswith("text/plain") and error.content.decode().strip()
        return text or f"{error.status_code} {error.reason_phrase}"


def _stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload with its metadata as fields that filters reach."""
    return {**payload, "metadata": json.loads(payload.get("metadata") or "{}")}


def _payload(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload as the records have it."""
    if "metadata" not in payload:
        return dict(payload)
    return {**payload, "metadata": json.dumps(payload["metadata"], sort_keys=True, ensure_ascii=False)}
