"""Milvus: a server by URL, or milvus-lite by file (file:///folder/name.db), which one process opens at a time.

Names there hold no dash: `docs-search` is `c_docs_search`, one to one, for names here hold no underscore. The index is
AUTOINDEX, which Milvus builds on sealed segments by itself (https://milvus.io/docs/index-explained.md), so there is
none to defer; `ready` flushes, so that what was loaded is sealed. Reads are strong: what was written is seen.
"""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
from pymilvus import DataType, MilvusClient
from pymilvus.exceptions import MilvusException
from step import TryAgain

from stores.base import Hit, Point, StoreError, key

_BATCH = 512
_METRICS = {"cosine": "COSINE", "dot": "IP", "euclid": "L2"}
_PASSING = ("unavailable", "deadline", "timeout", "rate limit", "not ready", "fail connecting", "connection refused")
_REMEDIES = {"auth": "the key in the store's Secret is missing or wrong", "disk": "its disk is full"}
_TRIES = 5
_OWN = ("document", "hash")
T = TypeVar("T")


def open_store(url: str, facts: Mapping[str, Any]) -> Milvus:
    """Opens the server or the file. Raises as stores.open_store does."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        Path(parts.path).parent.mkdir(parents=True, exist_ok=True)
        client = _asked(lambda: MilvusClient(uri=parts.path))
    elif parts.scheme in ("http", "https"):
        client = _asked(lambda: MilvusClient(uri=url, token=key() or "", timeout=facts.get("timeout", 60)))
    else:
        raise StoreError(f"the address {url!r} is neither an http(s):// server of Milvus nor a file:// database")
    return Milvus(client, facts.get("distance", "cosine"))


class Milvus:
    """The interface of stores.base.Store on a Milvus client."""

    def __init__(self, client: MilvusClient, distance: str) -> None:
        self.client, self.distance = client, distance

    def create(self, collection: str, dimension: int, distance: str) -> None:
        name = _name(collection)
        if self.exists(collection):
            fields = _asked(lambda: self.client.describe_collection(name))["fields"]
            found = next(int(one["params"]["dim"]) for one in fields if one["name"] == "vector")
            if found != dimension:
                raise StoreError(
                    f"collection {collection} has {found} dimensions, the model gives {dimension}; drop it or correct "
                    "the catalog"
                )
            return
        schema = self.client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=36)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        for field in _OWN:
            schema.add_field(field, DataType.VARCHAR, max_length=4096)
        schema.add_field("metadata", DataType.JSON)
        schema.add_field("payload", DataType.VARCHAR, max_length=65_535)
        index = self.client.prepare_index_params()
        index.add_index("vector", index_type="AUTOINDEX", metric_type=_METRICS[distance])
        _asked(
            lambda: self.client.create_collection(name, schema=schema, index_params=index, consistency_level="Strong")
        )

    def ready(self, collection: str) -> None:
        _asked(lambda: self.client.flush(_name(collection)))
        _asked(lambda: self.client.load_collection(_name(collection)))

    def exists(self, collection: str) -> bool:
        return bool(_asked(lambda: self.client.has_collection(_name(collection))))

    def collections(self, alias: str) -> list[str]:
        names = [_given(name) for name in _asked(self.client.list_collections)]
        return sorted(name for name in names if name.rpartition("-")[0] == alias)

    def upsert(
        self, collection: str, ids: Sequence[str], vectors: np.ndarray, payloads: Sequence[Mapping[str, Any]]
    ) -> None:
        for start in range(0, len(ids), _BATCH):
            part = slice(start, start + _BATCH)
            rows = [
                {"id": one, "vector": vector.tolist(), **_stored(payload)}
                for one, vector, payload in zip(ids[part], vectors[part], payloads[part], strict=True)
            ]
            _asked(lambda rows=rows: self.client.upsert(_name(collection), rows))

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), _BATCH):
            part = list(ids[start : start + _BATCH])
            _asked(lambda part=part: self.client.delete(_name(collection), ids=part))

    def count(self, collection: str) -> int:
        if not self.exists(collection):
            return 0
        found = _asked(lambda: self.client.query(_name(collection), filter="", output_fields=["count(*)"]))
        return int(found[0]["count(*)"])

    def points(self, collection: str, vectors: bool = False) -> Iterator[Point]:
        fields = ["id", "vector", "payload"] if vectors else ["id"]
        last = ""
        while True:  # by id and not by offset, which Milvus caps at 16,384
            found = _asked(
                lambda last=last: self.client.query(
                    _name(collection), filter=f'id > "{last}"', output_fields=fields, limit=1024
                )
            )
            for one in sorted(found, key=lambda one: one["id"]):
                vector = np.asarray(one["vector"] if vectors else [], np.float32)
                yield Point(one["id"], vector, json.loads(one["payload"]) if vectors else {})
            if not found:
                return
            last = max(one["id"] for one in found)

    def search(self, name: str, vector: np.ndarray, top: int, where: Mapping[str, Any] | None = None) -> list[Hit]:
        found = _asked(
            lambda: self.client.search(
                _name(name), data=[vector.tolist()], limit=top, filter=_where(where), output_fields=["payload"]
            )
        )
        sign = -1.0 if self.distance == "euclid" else 1.0
        return [Hit(one["id"], sign * one["distance"], json.loads(one["entity"]["payload"])) for one in found[0]]

    def switch(self, alias: str, collection: str) -> None:
        live = self.live(alias)
        if live is None:
            _asked(lambda: self.client.create_alias(_name(collection), _name(alias)))
        elif live != collection:
            _asked(lambda: self.client.alter_alias(_name(collection), _name(alias)))

    def live(self, alias: str) -> str | None:
        for collection in self.collections(alias):
            found = _asked(lambda collection=collection: self.client.list_aliases(_name(collection)))
            if _name(alias) in found["aliases"]:
                return collection
        return None

    def drop(self, collection: str) -> None:
        if self.exists(collection):
            _asked(lambda: self.client.drop_collection(_name(collection)))

    def close(self) -> None:
        with contextlib.suppress(Exception):  # closing twice or after the interpreter has begun to end is no fault
            self.client.close()


def _name(ours: str) -> str:
    return f"c_{ours.replace('-', '_')}"


def _given(theirs: str) -> str:
    return theirs.removeprefix("c_").replace("_", "-")


def _stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What filters reach, and the whole payload as it came."""
    fields = {name: payload.get(name) or "" for name in _OWN}
    whole = json.dumps(dict(payload), ensure_ascii=False)
    return {**fields, "metadata": json.loads(payload.get("metadata") or "{}"), "payload": whole}


def _where(where: Mapping[str, Any] | None) -> str:
    tests = []
    for name, value in (where or {}).items():
        field = name if name in _OWN else f"metadata[{json.dumps(name.removeprefix('metadata.'))}]"
        tests.append(f"{field} == {json.dumps(value, ensure_ascii=False)}")
    return " and ".join(tests)


def _asked(call: Callable[[], T]) -> T:
    """Calls the client, trying again on what may pass."""
    for attempt in range(_TRIES):
        try:
            return call()
        except MilvusException as error:
            said = str(error.message)
            if not any(word in said.lower() for word in _PASSING):
                remedy = next((what for word, what in _REMEDIES.items() if word in said.lower()), "")
                raise StoreError(f"Milvus refuses: {said}{'; ' + remedy if remedy else ''}") from error
            fault: Exception = error
        except (ConnectionError, TimeoutError) as error:
            fault = error
        if attempt + 1 < _TRIES:
            time.sleep(min(2.0**attempt, 20) * random.uniform(0.5, 1.0))
    raise TryAgain(f"Milvus does not answer after {_TRIES} tries: {fault}") from fault
