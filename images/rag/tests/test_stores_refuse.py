"""What each store says where it cannot do what is asked: whole messages, from the real engines.

Weaviate is its released server, with keys, behind TLS, out of disk, cut off; Milvus is milvus-lite's own server; Qdrant
is its embedded mode. Where these have no keys, no TLS and no quota, gates.py stands before them or in their place; what
stores/README.md says of each is asked of the vendors' own servers too, where the environment names one.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gates
import numpy as np
import pytest
from engines import ENGINES, EYE, NAMES, message_of, write
from index import stores
from index.stores import Store, base
from servers import Servers, weaviate


@pytest.fixture(params=ENGINES)
def made(request: pytest.FixtureRequest, servers: Servers) -> Iterator[tuple[str, Store, str]]:
    """Yield each engine's name, its store opened, and a collection with one point."""
    address = servers[request.param]
    store = stores.open_store(address.url, address.facts)
    collection = f"t{uuid.uuid4().hex[:8]}-search-a"
    store.create(collection, 8, "cosine")
    write(store, collection, EYE[:1])
    store.ready(collection)
    yield NAMES[request.param], store, collection
    store.drop(collection)
    store.close()


@pytest.mark.parametrize("ask", ["search", "upsert", "delete"])
def test_a_collection_that_is_not_there(made: tuple[str, Store, str], ask: str) -> None:
    engine, store, _ = made
    asked = {
        "search": lambda: store.search("nobody-search", EYE[0], 1),
        "upsert": lambda: write(store, "nobody-search-a", EYE[:1]),
        "delete": lambda: store.delete("nobody-search-a", [str(uuid.uuid4())]),
    }
    name = "nobody-search" if ask == "search" else "nobody-search-a"
    assert message_of(asked[ask]) == f"{engine} has no collection or alias {name}; a run of the pipeline makes it"


def test_vectors_of_another_dimension(made: tuple[str, Store, str]) -> None:
    _, store, collection = made
    assert message_of(lambda: write(store, collection, np.ones((2, 4), np.float32))) == (
        f"collection {collection} has 8 dimensions, the model gives 4; drop it or correct the catalog"
    )
    assert store.count(collection) == 1, "nothing half written"


def _weaviate_without_room(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    used = 100 - 100 * disk.f_bfree / disk.f_blocks
    limit = int(used) + 2
    with weaviate(tmp_path, DISK_USE_READONLY_PERCENTAGE=str(limit)) as address:
        store = stores.open_store(address.url, address.facts)
        store.create("full-search-a", 8, "cosine")
        write(store, "full-search-a", EYE[:1])
        with (tmp_path / "fill").open("wb") as stream:  # the disk fills past the limit while the server runs
            os.posix_fallocate(stream.fileno(), 0, int((limit - used + 0.2) / 100 * disk.f_blocks * disk.f_frsize))
        try:
            time.sleep(2)  # the server looks twice a second
            message = message_of(lambda: write(store, "full-search-a", EYE[:1]))
            held = [point.id for point in store.points("full-search-a")]
            refused = message_of(lambda: store.delete("full-search-a", held))
            assert store.count("full-search-a") == 1, "what was there is served still"
        finally:
            (tmp_path / "fill").unlink()
        store.close()
    why = r"store is read-only due to: disk usage too high\. Set to read-only at [0-9.]+%, threshold set to [0-9.]+%"
    assert re.fullmatch(rf"Weaviate refuses: {why}; {base.FULL}", message), message
    assert refused == f"Weaviate does not delete 1 of 1 point and does not say why; where {base.FULL}"


def _milvus_without_room(tmp_path: Path) -> None:
    with gates.milvus(tmp_path, gates.Full()) as address:
        store = stores.open_store(address.url, address.facts)
        store.create("full-search-a", 8, "cosine")
        assert message_of(lambda: write(store, "full-search-a", EYE[:1])) == (
            f"Milvus refuses: quota exceeded[reason=disk quota exceeded, please allocate more resources]; {base.FULL}"
        )
        assert store.count("full-search-a") == 0, "nothing half written"
        store.close()


def _qdrant_without_room(tmp_path: Path) -> None:
    store: Any = stores.open_store(f"file://{tmp_path}/qdrant", {"engine": "qdrant"})
    store.create("full-search-a", 8, "cosine")
    write(store, "full-search-a", EYE[:1])
    storage = store.client._client.collections["full-search-a"].storage.storage
    pages = storage.execute("PRAGMA page_count").fetchone()[0]
    storage.execute(f"PRAGMA max_page_count = {pages}")  # the disk ends here
    message = message_of(lambda: write(store, "full-search-a", np.tile(EYE, (100, 1))))
    assert message == (
        "Qdrant refuses: database or disk is full; "
        "its disk is full: give it more room, or drop collections that nobody reads"
    )
    store.close()


@pytest.mark.parametrize("without_room", [_qdrant_without_room, _weaviate_without_room, _milvus_without_room])
def test_a_store_without_room(without_room: Callable[[Path], None], tmp_path: Path) -> None:
    without_room(tmp_path)
