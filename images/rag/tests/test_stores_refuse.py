"""What each store says where it cannot do what is asked: whole messages, from the real engines.

Weaviate is its released server, with keys, behind TLS, out of disk, cut off; Milvus is milvus-lite's own server, which
has no users; Qdrant is its embedded mode. What only their real servers can show stands in stores/README.md.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import stores
from relay import certified, relayed
from servers import Servers, milvus, weaviate
from step import TryAgain
from stores import Store, StoreError, attempts, base

ENGINES = ("qdrant", "weaviate", "milvus")
NAMES = {"qdrant": "Qdrant", "weaviate": "Weaviate", "milvus": "Milvus"}
EYE = np.eye(8, dtype=np.float32)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again without the waits between."""
    monkeypatch.setattr(attempts, "time", SimpleNamespace(sleep=lambda seconds: None))


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    """Mounts files as the store's Secret."""

    def mount(**files: str) -> Path:
        folder = tmp_path / "secret"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name.replace("_", "-")).write_text(text)
        monkeypatch.setattr(base, "SECRETS", folder)
        return folder

    return mount


@pytest.fixture(params=ENGINES)
def made(request: pytest.FixtureRequest, servers: Servers) -> Iterator[tuple[str, Store, str]]:
    """Each engine's name, its store opened, and a collection with one point."""
    address = servers[request.param]
    store = stores.open_store(address.url, address.facts)
    collection = f"t{uuid.uuid4().hex[:8]}-search-a"
    store.create(collection, 8, "cosine")
    write(store, collection, EYE[:1])
    store.ready(collection)
    yield NAMES[request.param], store, collection
    store.drop(collection)
    store.close()


def write(store: Store, collection: str, vectors: np.ndarray) -> None:
    ids = [str(uuid.uuid4()) for _ in vectors]
    store.upsert(collection, ids, vectors, [{"document": "d", "hash": "etag:1", "metadata": "{}"}] * len(ids))


def said(call: Callable[[], Any], kind: type[Exception] = StoreError) -> str:
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("ask", ["search", "upsert", "delete"])
def test_a_collection_that_is_not_there(made: tuple[str, Store, str], ask: str) -> None:
    engine, store, _ = made
    asked = {
        "search": lambda: store.search("nobody-search", EYE[0], 1),
        "upsert": lambda: write(store, "nobody-search-a", EYE[:1]),
        "delete": lambda: store.delete("nobody-search-a", [str(uuid.uuid4())]),
    }
    name = "nobody-search" if ask == "search" else "nobody-search-a"
    assert said(asked[ask]) == f"{engine} has no collection or alias {name}; a run of the pipeline makes it"


def test_vectors_of_another_dimension(made: tuple[str, Store, str]) -> None:
    _, store, collection = made
    assert said(lambda: write(store, collection, np.ones((2, 4), np.float32))) == (
        f"collection {collection} has 8 dimensions, the model gives 4; drop it or correct the catalog"
    )
    assert store.count(collection) == 1, "nothing half written"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Weaviate that takes one key."""
    folder = tmp_path_factory.mktemp("guarded")
    settings = {
        "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false",
        "AUTHENTICATION_APIKEY_ENABLED": "true",
        "AUTHENTICATION_APIKEY_ALLOWED_KEYS": "the-right-one",
        "AUTHENTICATION_APIKEY_USERS": "indexer",
    }
    with weaviate(folder, **settings) as address:
        yield address


@pytest.mark.parametrize(
    ("key", "what"),
    [
        (None, "anonymous access not enabled. Please authenticate through one of the available methods: [API-keys]; "
               "`api-key` in the Secret store-w is missing"),
        ("another", "unauthorized: invalid api key; `api-key` in the Secret store-w is wrong"),
    ],
)  # fmt: skip
def test_a_missing_or_wrong_key(guarded: Any, secret: Callable[..., Path], key: str | None, what: str) -> None:
    secret(**({"api_key": key} if key else {}))
    facts = {**guarded.facts, "secret": "store-w"}
    assert said(lambda: stores.open_store(guarded.url, facts)) == f"Weaviate refuses: {what}"


def test_the_right_key(guarded: Any, secret: Callable[..., Path]) -> None:
    secret(api_key="the-right-one\n")
    store = stores.open_store(guarded.url, guarded.facts)
    store.create("keyed-search-a", 8, "cosine")
    write(store, "keyed-search-a", EYE[:3])
    assert store.count("keyed-search-a") == 3
    store.close()


ASK = """
import sys, json, pathlib, logging
import numpy as np
import stores
from stores import base
url, facts, folder = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
base.SECRETS = pathlib.Path(folder)
from stores import attempts
attempts.random.uniform = lambda low, high: 0.0
logging.disable(logging.CRITICAL)
try:
    store = stores.open_store(url, facts)
    store.create("tls-search-a", 8, "cosine")
    store.upsert("tls-search-a", ["00000000-0000-4000-8000-000000000000"], np.eye(8, dtype=np.float32)[:1],
                 [{"document": "d", "hash": "h", "metadata": "{}"}])
    store.ready("tls-search-a")
    print([hit.payload["document"] for hit in store.search("tls-search-a", np.eye(8, dtype=np.float32)[0], 1)])
except Exception as error:
    print(f"{type(error).__name__}: {error}")
"""


def asked(url: str, facts: dict[str, Any], folder: Path) -> str:
    """Writes and searches in a process of its own: gRPC reads the authority once a process."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, url, json.dumps(facts), str(folder)],
        env={"PYTHONPATH": str(Path(__file__).parent.parent), "PATH": "", "GRPC_VERBOSITY": "NONE"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout.strip() or done.stderr


@pytest.mark.parametrize("engine", ["weaviate", "milvus"])
def test_behind_tls_with_a_private_authority(servers: Servers, engine: str, tmp_path: Path) -> None:
    address, context = servers[engine], certified(tmp_path / "right")
    certified(tmp_path / "other")
    plain = urlsplit(address.url).port
    with relayed(plain, context) as rest, relayed(address.facts.get("grpc_port", plain), context) as rpc:
        url = f"https://localhost:{rest.port}" + (f"?grpc_port={rpc.port}" if engine == "weaviate" else "")
        assert asked(url, {"engine": engine, "timeout": 5}, tmp_path / "right") == "['d']"
        assert rest.passed
        assert rpc.passed or engine == "milvus"
        for folder in ("other", "none"):
            assert asked(url, {"engine": engine, "timeout": 2}, tmp_path / folder) == (
                f"StoreError: the certificate of {NAMES[engine]} at localhost is not trusted: unable to get local "
                "issuer certificate; `ca.crt` in the store's Secret is the authority that signed it"
            )


MUTE = {
    "qdrant": "Qdrant does not answer after 6 tries: timed out",
    "weaviate": "Weaviate does not answer after 6 tries: Connection to Weaviate failed. Details: Error: timed out.",
    "milvus": "Milvus does not answer after 6 tries: Fail connecting to server on 127.0.0.1:{port}, illegal connection "
    "params or server unavailable",
}
NOBODY = {
    "qdrant": "Qdrant does not answer after 6 tries: [Errno 111] Connection refused",
    "weaviate": "Weaviate does not answer after 6 tries: Connection to Weaviate failed. Details: Error: [Errno 111] "
    "Connection refused.",
    "milvus": MUTE["milvus"],
}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_that_takes_the_connection_and_says_nothing(engine: str, hasty: None) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        port = listening.getsockname()[1]
        ask = lambda: stores.open_store(f"http://127.0.0.1:{port}", {"engine": engine, "timeout": 1}).live("a")  # noqa: E731
        assert said(ask, TryAgain) == MUTE[engine].format(port=port)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_server_at_all(engine: str, hasty: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    ask = lambda: stores.open_store(f"http://127.0.0.1:{port}", {"engine": engine, "timeout": 1}).live("a")  # noqa: E731
    assert said(ask, TryAgain) == NOBODY[engine].format(port=port)


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
            told = said(lambda: write(store, "full-search-a", EYE[:1]))
            held = [point.id for point in store.points("full-search-a")]
            refused = said(lambda: store.delete("full-search-a", held))
            assert store.count("full-search-a") == 1, "what was there is served still"
        finally:
            (tmp_path / "fill").unlink()
        store.close()
    why = r"store is read-only due to: disk usage too high\. Set to read-only at [0-9.]+%, threshold set to [0-9.]+%"
    assert re.fullmatch(rf"Weaviate refuses: {why}; {base.FULL}", told), told
    assert refused == f"Weaviate does not delete 1 of 1 points and does not say why; where {base.FULL}"


def _qdrant_without_room(tmp_path: Path) -> None:
    store: Any = stores.open_store(f"file://{tmp_path}/qdrant", {"engine": "qdrant"})
    store.create("full-search-a", 8, "cosine")
    write(store, "full-search-a", EYE[:1])
    storage = store.client._client.collections["full-search-a"].storage.storage
    pages = storage.execute("PRAGMA page_count").fetchone()[0]
    storage.execute(f"PRAGMA max_page_count = {pages}")  # the disk ends here
    told = said(lambda: write(store, "full-search-a", np.tile(EYE, (100, 1))))
    assert told == (
        "Qdrant refuses: database or disk is full; "
        "its disk is full: give it more room, or drop collections that nobody reads"
    )
    store.close()


@pytest.mark.parametrize("without_room", [_qdrant_without_room, _weaviate_without_room])
def test_a_store_without_room(without_room: Callable[[Path], None], tmp_path: Path) -> None:
    without_room(tmp_path)


@pytest.mark.parametrize("engine", ["weaviate", "milvus"])
def test_an_index_is_turned_on_after_the_load(engine: str, tmp_path: Path) -> None:
    server = weaviate(tmp_path, ASYNC_INDEXING="true") if engine == "weaviate" else milvus(tmp_path)
    with server as address:
        store: Any = stores.open_store(address.url, address.facts)
        store.create("behind-search-a", 8, "cosine")
        write(store, "behind-search-a", np.random.default_rng(0).standard_normal((3000, 8)).astype(np.float32))
        if engine == "milvus":
            assert store.client.list_indexes("c_behind_search_a") == []
        store.ready("behind-search-a")
        if engine == "weaviate":
            assert store._queued("behind-search-a") == 0
        else:
            assert sorted(store.client.list_indexes("c_behind_search_a")) == ["document", "hash", "vector"]
        assert len(store.search("behind-search-a", EYE[0], 100)) == 100
        store.ready("behind-search-a")  # again is no fault
        store.close()
