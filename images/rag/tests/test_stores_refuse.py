"""What each store says where it cannot do what is asked: whole messages, from the real engines.

Weaviate is its released server, with keys, behind TLS, out of disk, cut off; Milvus is milvus-lite's own server; Qdrant
is its embedded mode. Where these have no keys, no TLS and no quota, gates.py stands before them or in their place; what
stores/README.md says of each is asked of the vendors' own servers too, where the environment names one.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
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

import gates
import numpy as np
import pytest
from index import stores
from index.stores import Store, StoreError, attempts, base
from relay import certified, relayed
from runtime.errors import TryAgain
from servers import NAMED, Servers, weaviate

ENGINES = ("qdrant", "weaviate", "milvus")
OUTSIDE = [f"{engine}-named" for engine, variable in NAMED.items() if os.environ.get(variable)]
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


@pytest.fixture(scope="module", params=[*ENGINES, *OUTSIDE])
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The address of each engine's server that takes one key; it has no index."""
    folder = tmp_path_factory.mktemp("guarded")
    settings = {
        "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false",
        "AUTHENTICATION_APIKEY_ENABLED": "true",
        "AUTHENTICATION_APIKEY_ALLOWED_KEYS": gates.KEY,
        "AUTHENTICATION_APIKEY_USERS": "indexer",
    }
    opened = {
        "qdrant": gates.qdrant,
        "weaviate": lambda: weaviate(folder, **settings),
        "milvus": lambda: gates.milvus(folder, gates.Keyed()),
    }
    if request.param in OUTSIDE:
        yield request.getfixturevalue("servers")[request.param]
        return
    with opened[request.param]() as address:
        yield address


REFUSED = {
    "qdrant": ("Must provide an API key or an Authorization bearer token", "Invalid API key or JWT"),
    "weaviate": (
        "anonymous access not enabled. Please authenticate through one of the available methods: [API-keys]",
        "unauthorized: invalid api key",
    ),
    "milvus": (
        "missing authorization in header",
        "auth check failure, please check username and password are correct",
    ),
}


@pytest.mark.parametrize("key", [None, "root:another"])
def test_a_missing_or_wrong_key(guarded: Any, secret: Callable[..., Path], key: str | None) -> None:
    secret(**({"api_key": key} if key else {}))
    engine, facts = guarded.facts["engine"], {**guarded.facts, "secret": "store-w"}
    missing, wrong = (f"{NAMES[engine]} refuses: {why}; `api-key` in the Secret store-w is" for why in REFUSED[engine])
    told = said(lambda: stores.open_store(guarded.url, facts).live("nobody-search"))
    assert told == (f"{wrong} wrong" if key else f"{missing} missing")


def test_the_right_key(guarded: Any, request: pytest.FixtureRequest) -> None:
    if request.node.callspec.params["guarded"] not in OUTSIDE:  # where it is mounted already
        request.getfixturevalue("secret")(api_key=f"{gates.KEY}\n")
    store = stores.open_store(guarded.url, guarded.facts)
    assert store.live("nobody-search") is None
    store.close()


OPENED = """
import sys, json, pathlib, logging
import numpy as np
from index import stores
from index.stores import attempts, base
url, facts, base.SECRETS = sys.argv[1], json.loads(sys.argv[2]), pathlib.Path(sys.argv[3])
attempts.random.uniform = lambda low, high: 0.0
logging.disable(logging.CRITICAL)
try:
    store = stores.open_store(url, facts)
    exec(sys.argv[4])
except Exception as error:
    print(f"{type(error).__name__}: {error}")
"""
LOOK = "print(store.live('tls-search'))"
WHOLE = """
eye = np.eye(8, dtype=np.float32)
store.create("tls-search-a", 8, "cosine")
store.upsert("tls-search-a", ["00000000-0000-4000-8000-000000000000"], eye[:1],
             [{"document": "d", "hash": "h", "metadata": "{}"}])
store.ready("tls-search-a")
print([hit.payload["document"] for hit in store.search("tls-search-a", eye[0], 1)])
store.drop("tls-search-a")
"""


def asked(url: str, facts: dict[str, Any], folder: Path, what: str) -> str:
    """What is printed by a process of its own: gRPC reads the authority once a process."""
    done = subprocess.run(
        [sys.executable, "-c", OPENED, url, json.dumps(facts), str(folder), what],
        env={"PYTHONPATH": ":".join(map(str, Path(__file__).parents[1:3])), "PATH": "", "GRPC_VERBOSITY": "NONE"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout.strip() or done.stderr


@pytest.mark.parametrize("name", [*ENGINES, *OUTSIDE])
def test_behind_tls_with_a_private_authority(servers: Servers, name: str, tmp_path: Path) -> None:
    context = certified(tmp_path / "right")
    certified(tmp_path / "other")
    (tmp_path / "none").mkdir()
    stands_in = name == "qdrant"  # and has no points
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(gates.qdrant()) if stands_in else servers[name]
        engine, plain = address.facts["engine"], urlsplit(address.url).port
        rest = stack.enter_context(relayed(plain, context))
        rpc = stack.enter_context(relayed(address.facts.get("grpc_port", plain), context))
        url = f"https://localhost:{rest.port}" + (f"?grpc_port={rpc.port}" if engine == "weaviate" else "")
        if stands_in:
            (tmp_path / "right/api-key").write_text(gates.KEY)
        elif name in OUTSIDE and (mounted := base.SECRETS / "api-key").is_file():
            shutil.copy(mounted, tmp_path / "right")
        what, printed = (LOOK, "None") if stands_in else (WHOLE, "['d']")
        assert asked(url, {"engine": engine, "timeout": 5}, tmp_path / "right", what) == printed
        assert rest.passed
        assert rpc.passed or engine != "weaviate"
        for folder in ("other", "none"):
            assert asked(url, {"engine": engine, "timeout": 2}, tmp_path / folder, LOOK) == (
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


def test_a_server_that_answers_too_late(tmp_path: Path, hasty: None) -> None:
    """Milvus's client raises gRPC's own exception then; it ended the step as a defect."""
    with gates.milvus(tmp_path, gates.Slow()) as address:
        store = stores.open_store(address.url, {**address.facts, "timeout": 0.2})
        assert said(lambda: store.live("a"), TryAgain) == "Milvus does not answer after 6 tries: Deadline Exceeded"
        store.close()


def _milvus_without_room(tmp_path: Path) -> None:
    with gates.milvus(tmp_path, gates.Full()) as address:
        store = stores.open_store(address.url, address.facts)
        store.create("full-search-a", 8, "cosine")
        assert said(lambda: write(store, "full-search-a", EYE[:1])) == (
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
    told = said(lambda: write(store, "full-search-a", np.tile(EYE, (100, 1))))
    assert told == (
        "Qdrant refuses: database or disk is full; "
        "its disk is full: give it more room, or drop collections that nobody reads"
    )
    store.close()


@pytest.mark.parametrize("without_room", [_qdrant_without_room, _weaviate_without_room, _milvus_without_room])
def test_a_store_without_room(without_room: Callable[[Path], None], tmp_path: Path) -> None:
    without_room(tmp_path)


def deferred(store: Any, engine: str, collection: str) -> bool:
    """Whether the collection has no index yet; Weaviate says how much of it is left to do instead."""
    if engine == "qdrant":
        return bool(store.client.get_collection(collection).config.hnsw_config.m == 0)
    return engine == "weaviate" or store.client.list_indexes(stores.milvus._name(collection)) == []


def turned_on(store: Any, engine: str, collection: str) -> bool:
    """Whether the collection has its index, whole."""
    if engine == "qdrant":
        held = store.client.get_collection(collection).config.hnsw_config
        return bool(held.m == 16) and not store._queued(collection)
    if engine == "weaviate":
        return not store._queued(collection)
    return sorted(store.client.list_indexes(stores.milvus._name(collection))) == ["document", "hash", "vector"]


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
        store.ready(collection)  # again is no fault
        store.drop(collection)
        store.close()


def indexed(store: Any, engine: str, collection: str) -> list[str]:
    """The fields by which the server finds points without reading all."""
    if engine == "qdrant":
        return sorted(store.client.get_collection(collection).payload_schema)
    if engine == "weaviate":
        held = store.client.collections.get(stores.weaviate._name(collection)).config.get().properties
        return sorted(one.name for one in held if one.index_filterable)
    theirs = stores.milvus._name(collection)
    found = [store.client.describe_index(theirs, one) for one in store.client.list_indexes(theirs)]
    return sorted(one["field_name"] for one in found if one["index_type"] == "INVERTED")


@pytest.mark.parametrize("name", ["weaviate", "milvus", *OUTSIDE])
def test_the_fields_that_searches_filter_by_are_indexed(name: str, servers: Servers) -> None:
    address = servers[name]
    engine = address.facts["engine"]
    store: Any = stores.open_store(address.url, address.facts)
    collection = f"fields{uuid.uuid4().hex[:8]}-search-a"
    store.create(collection, 8, "cosine")
    write(store, collection, EYE[:1])
    store.ready(collection)
    assert indexed(store, engine, collection) == ["document", "hash", *(["labels"] if engine == "weaviate" else [])]
    store.drop(collection)
    store.close()
