"""The indexes that a store keeps: the vectors', deferred during a bulk load, and those of filtered fields."""

from __future__ import annotations

import contextlib
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engines import EYE, OUTSIDE, write
from index import stores
from servers import Servers, weaviate


def deferred(store: Any, engine: str, collection: str) -> bool:
    """Return whether the collection has no index yet; Weaviate says how much of it is left to do instead."""
    if engine == "qdrant":
        return bool(store.client.get_collection(collection).config.hnsw_config.m == 0)
    return engine == "weaviate" or store.client.list_indexes(stores.milvus.store.NAMES.encoded(collection)) == []


def turned_on(store: Any, engine: str, collection: str) -> bool:
    """Return whether the collection has its index, whole."""
    if engine == "qdrant":
        held = store.client.get_collection(collection).config.hnsw_config
        return bool(held.m == 16) and not store._queued(collection)
    if engine == "weaviate":
        return not store._queued(collection)
    held = {*store.client.list_indexes(stores.milvus.store.NAMES.encoded(collection))}
    return held | {"labels"} == {"document", "hash", "labels", "vector"}  # milvus-lite indexes no array


@pytest.mark.parametrize("name", ["weaviate", "milvus", *OUTSIDE])
def test_an_index_is_turned_on_after_the_load(name: str, servers: Servers, tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        if name == "weaviate":
            address = stack.enter_context(weaviate(tmp_path, ASYNC_INDEXING="true"))
        else:
            address = servers[name]
        engine = address.facts["engine"]
        store: Any = stores.open_store(address.url, address.facts)
        collection = f"behind{uuid.uuid4().hex[:8]}-search-a"
        store.create(collection, 8, "cosine")
        write(store, collection, np.random.default_rng(0).standard_normal((3000, 8)).astype(np.float32))
        assert deferred(store, engine, collection)
        store.ready(collection)
        assert turned_on(store, engine, collection)
        assert len(store.search(collection, EYE[0], 100)) == 100
        store.ready(collection)  # a second call changes nothing
        store.drop(collection)
        store.close()


def indexed(store: Any, engine: str, collection: str) -> list[str]:
    """Return the fields by which the server finds points without reading all."""
    if engine == "qdrant":
        return sorted(store.client.get_collection(collection).payload_schema)
    if engine == "weaviate":
        held = store.client.collections.get(stores.weaviate.store.NAMES.encoded(collection)).config.get().properties
        return sorted(entry.name for entry in held if entry.index_filterable or entry.index_range_filters)
    theirs = stores.milvus.store.NAMES.encoded(collection)
    indexes = [store.client.describe_index(theirs, entry) for entry in store.client.list_indexes(theirs)]
    return sorted(entry["field_name"] for entry in indexes if entry["index_type"] == "INVERTED")


@pytest.mark.parametrize("name", ["weaviate", "milvus", *OUTSIDE])
def test_the_fields_that_searches_filter_by_are_indexed(name: str, servers: Servers) -> None:
    address = servers[name]
    engine = address.facts["engine"]
    store: Any = stores.open_store(address.url, address.facts)
    collection = f"fields{uuid.uuid4().hex[:8]}-search-a"
    store.create(collection, 8, "cosine")
    payload = {"document": "d", "hash": "etag:1", "metadata": '{"year":2024}'}
    store.upsert(collection, [str(uuid.uuid4())], EYE[:1], [payload])
    store.ready(collection)
    bounds = ["high_number_year", "low_number_year"]
    wanted = {"qdrant": [f"bounds.{name}" for name in bounds], "weaviate": bounds, "milvus": []}[engine]
    labels = ["labels"] if name != "milvus" else []  # milvus-lite indexes no array
    assert indexed(store, engine, collection) == sorted(["document", "hash", *labels, *wanted])
    store.drop(collection)
    store.close()
