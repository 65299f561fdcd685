"""Qdrant: a server by URL, or the client's embedded mode by folder.

Bulk loading follows https://qdrant.tech/documentation/database-tutorials/bulk-upload/: `indexing_threshold=0` while
loading, the default after. Embedded mode has no index to defer, searches exactly, and locks its folder to one process.
"""

from __future__ import annotations

import contextlib
import json
import random
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse
from step import TryAgain

from stores.base import Hit, Point, StoreError, key

_BATCH = 256
_INDEXING_THRESHOLD = 10_000  # kilobytes of vectors in a segment from which it is indexed: the server's default
_INDEXED = {"document": "keyword", "hash": "keyword"}
_DISTANCES = {"cosine": models.Distance.COSINE, "dot": models.Distance.DOT, "euclid": models.Distance.EUCLID}
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_REMEDIES = {
    401: "the key in the store's Secret is missing or wrong",
    403: "the key may not do this",
    507: "its disk is full",
}
_TRIES = 5
T = TypeVar("T")


def open_store(url: str, facts: Mapping[str, Any]) -> Qdrant:
    """Opens the server or the folder. Raises as stores.open_store does."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        Path(parts.path).mkdir(parents=True, exist_ok=True)
        try:
            # Its advice to use a server above 20,000 points is the catalog's business, not this run's.
            warnings.filterwarnings("ignore", module="qdrant_client")
            return Qdrant(QdrantClient(path=parts.path), embedded=True)
        except RuntimeError as error:
            if "already accessed" in str(error):
                raise TryAgain(
                    f"{parts.path}: another process has the embedded Qdrant open; it takes one at a time"
                ) from error
            raise
    if parts.scheme not in ("http", "https"):
        raise StoreError(f"the address {url!r} is neither an http(s):// server of Qdrant nor a file:// folder")
    client = QdrantClient(url=url, api_key=key(), timeout=facts.get("timeout", 60), check_compatibility=False)
    return Qdrant(client, embedded=False)


class Qdrant:
    """The interface of stores.base.Store on a Qdrant client."""

    def __init__(self, client: QdrantClient, embedded: bool) -> None:
        self.client, self.embedded = client, embedded

    def create(self, collection: str, dimension: int, distance: str) -> None:
        if self.exists(collection):
            found = self._ask(lambda: self.client.get_collection(collection)).config.params.vectors
            if (found.size, found.distance) != (dimension, _DISTANCES[distance]):
                raise StoreError(
                    f"collection {collection} has {found.size} dimensions by {found.distance.value}, the model gives "
                    f"{dimension} by {distance}; drop it or correct the catalog"
                )
            return
        self._ask(
            lambda: self.client.create_collection(
                collection,
                vectors_config=models.VectorParams(size=dimension, distance=_DISTANCES[distance]),
                optimizers_config=models.OptimizersConfigDiff(indexing_threshold=0),
            )
        )
        for field, kind in {} if self.embedded else _INDEXED.items():
            self._ask(lambda field=field, kind=kind: self.client.create_payload_index(collection, field, kind))

    def ready(self, collection: str) -> None:
        if self.embedded:
            return
        threshold = models.OptimizersConfigDiff(indexing_threshold=_INDEXING_THRESHOLD)
        self._ask(lambda: self.client.update_collection(collection, optimizers_config=threshold))
        while self._ask(lambda: self.client.get_collection(collection)).status == models.CollectionStatus.YELLOW:
            time.sleep(0.5)

    def exists(self, collection: str) -> bool:
        return self._ask(lambda: self.client.collection_exists(collection))

    def collections(self, alias: str) -> list[str]:
        names = [one.name for one in self._ask(self.client.get_collections).collections]
        return sorted(name for name in names if name.rpartition("-")[0] == alias)

    def upsert(
        self, collection: str, ids: Sequence[str], vectors: np.ndarray, payloads: Sequence[Mapping[str, Any]]
    ) -> None:
        self._relax(collection)
        for start in range(0, len(ids), _BATCH):
            part = slice(start, start + _BATCH)
            batch = models.Batch(
                ids=list(ids[part]), vectors=vectors[part].tolist(), payloads=[_stored(one) for one in payloads[part]]
            )
            self._ask(lambda batch=batch: self.client.upsert(collection, points=batch, wait=True))

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        self._relax(collection)
        for start in range(0, len(ids), _BATCH * 4):
            part = models.PointIdsList(points=list(ids[start : start + _BATCH * 4]))
            self._ask(lambda part=part: self.client.delete(collection, points_selector=part, wait=True))

    def count(self, collection: str) -> int:
        if not self.exists(collection):
            return 0
        return self._ask(lambda: self.client.count(collection, exact=True)).count

    def points(self, collection: str, vectors: bool = False) -> Iterator[Point]:
        place = None
        while True:
            found, place = self._ask(
                lambda place=place: self.client.scroll(
                    collection, limit=1024, offset=place, with_payload=vectors, with_vectors=vectors
                )
            )
            for one in found:
                vector = np.asarray(one.vector if vectors else [], np.float32)
                yield Point(str(one.id), vector, _given(one.payload or {}))
            if place is None:
                return

    def search(self, name: str, vector: np.ndarray, top: int, where: Mapping[str, Any] | None = None) -> list[Hit]:
        must = [
            models.FieldCondition(key=key, match=models.MatchValue(value=value)) for key, value in (where or {}).items()
        ]
        found = self._ask(
            lambda: self.client.query_points(
                name, query=vector.tolist(), limit=top, query_filter=models.Filter(must=must) if must else None
            )
        )
        return [Hit(str(one.id), float(one.score), _given(one.payload or {})) for one in found.points]

    def switch(self, alias: str, collection: str) -> None:
        make = models.CreateAliasOperation(
            create_alias=models.CreateAlias(collection_name=collection, alias_name=alias)
        )
        drop = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
        actions = [drop, make] if self.live(alias) else [make]
        self._ask(lambda: self.client.update_collection_aliases(change_aliases_operations=actions))

    def live(self, alias: str) -> str | None:
        found = self._ask(self.client.get_aliases).aliases
        return next((one.collection_name for one in found if one.alias_name == alias), None)

    def drop(self, collection: str) -> None:
        if self.exists(collection):
            self._ask(lambda: self.client.delete_collection(collection))

    def close(self) -> None:
        with contextlib.suppress(Exception):  # closing twice or after the interpreter has begun to end is no fault
            self.client.close()

    def _relax(self, collection: str) -> None:
        """Lets embedded mode commit without waiting for the disk: it commits point by point, at a sync each.

        A write-ahead log survives a killed process whole. Points that a power cut takes are found missing by discover.
        """
        if self.embedded:
            inner = getattr(self.client, "_client", None)
            storage = getattr(getattr(inner, "collections", {}).get(collection), "storage", None)
            if (connection := getattr(storage, "storage", None)) is not None:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")

    def _ask(self, call: Callable[[], T]) -> T:
        """Calls the client, trying again on what may pass."""
        for attempt in range(_TRIES):
            try:
                return call()
            except UnexpectedResponse as error:
                if error.status_code not in _TRANSIENT:
                    raise StoreError(_said(error)) from error
                fault: Exception = error
            except (ResponseHandlingException, ConnectionError, TimeoutError) as error:
                fault = error
            except ValueError as error:  # embedded mode's way to say the same
                raise StoreError(f"Qdrant refuses: {error}") from error
            if attempt + 1 < _TRIES:
                time.sleep(min(2.0**attempt, 20) * random.uniform(0.5, 1.0))
        raise TryAgain(f"Qdrant does not answer after {_TRIES} tries: {fault}") from fault


def _said(error: UnexpectedResponse) -> str:
    try:
        what = json.loads(error.content)["status"]["error"]
    except (ValueError, KeyError, TypeError):
        what = error.reason_phrase
    remedy = _REMEDIES.get(error.status_code or 0, "")
    return f"Qdrant refuses ({error.status_code}): {what}{'; ' + remedy if remedy else ''}"


def _stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload with its metadata as fields that filters reach."""
    return {**payload, "metadata": json.loads(payload.get("metadata") or "{}")}


def _given(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as the records have it."""
    if "metadata" not in payload:
        return dict(payload)
    return {**payload, "metadata": json.dumps(payload["metadata"], sort_keys=True, ensure_ascii=False)}
