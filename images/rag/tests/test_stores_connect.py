"""What each store says of a connection: the key, the certificate, a server that does not answer. Whole messages."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gates
import pytest
from engines import ENGINES, NAMES, OUTSIDE, message_of
from index import stores
from index.stores import base
from relay import certified, relayed
from runtime.errors import TryAgain
from servers import Servers, weaviate


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    """Mount files as the store's Secret."""

    def mount(**files: str) -> Path:
        folder = tmp_path / "secret"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name.replace("_", "-")).write_text(text)
        monkeypatch.setattr(base, "SECRETS", folder)
        return folder

    return mount


@pytest.fixture(scope="module", params=[*ENGINES, *OUTSIDE])
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Yield the address of each engine's server that takes one key; it has no index."""
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
    message = message_of(lambda: stores.open_store(guarded.url, facts).live("nobody-search"))
    assert message == (f"{wrong} wrong" if key else f"{missing} missing")


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
LIVE = "print(store.live('tls-search'))"
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
    """Return what is printed by a process of its own: gRPC reads the authority once a process."""
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
        engine, plaintext_port = address.facts["engine"], urlsplit(address.url).port
        rest = stack.enter_context(relayed(plaintext_port, context))
        rpc = stack.enter_context(relayed(address.facts.get("grpc_port", plaintext_port), context))
        url = f"https://localhost:{rest.port}" + (f"?grpc_port={rpc.port}" if engine == "weaviate" else "")
        if stands_in:
            (tmp_path / "right/api-key").write_text(gates.KEY)
        elif name in OUTSIDE and (mounted := base.SECRETS / "api-key").is_file():
            shutil.copy(mounted, tmp_path / "right")
        what, printed = (LIVE, "None") if stands_in else (WHOLE, "['d']")
        assert asked(url, {"engine": engine, "timeout": 5}, tmp_path / "right", what) == printed
        assert rest.passed
        assert rpc.passed or engine != "weaviate"
        for folder in ("other", "none"):
            assert asked(url, {"engine": engine, "timeout": 2}, tmp_path / folder, LIVE) == (
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
        assert message_of(ask, TryAgain) == MUTE[engine].format(port=port)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_server_at_all(engine: str, hasty: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    ask = lambda: stores.open_store(f"http://127.0.0.1:{port}", {"engine": engine, "timeout": 1}).live("a")  # noqa: E731
    assert message_of(ask, TryAgain) == NOBODY[engine].format(port=port)


def test_a_server_that_answers_too_late(tmp_path: Path, hasty: None) -> None:
    """Milvus's client raises gRPC's own exception then; it ended the step as a defect."""
    with gates.milvus(tmp_path, gates.Slow()) as address:
        store = stores.open_store(address.url, {**address.facts, "timeout": 0.2})
        assert (
            message_of(lambda: store.live("a"), TryAgain) == "Milvus does not answer after 6 tries: Deadline Exceeded"
        )
        store.close()
