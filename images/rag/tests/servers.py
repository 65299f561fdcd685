"""The tests' own vector stores: real servers on free ports, their data in folders that go with the tests.

Weaviate is its released server, which `tests/cluster/build.sh weaviate` builds once from its Go module; Milvus is
milvus-lite's own gRPC server; Qdrant has no server but a container image, so it is its client's embedded mode. A server
that QDRANT_URL, WEAVIATE_URL or MILVUS_URI names is tested as well.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[3]
_START = 60.0  # seconds that a server may take
EMBEDDED = "qdrant"  # it runs in its client, with no connections that could drop
NAMED = {"qdrant": "QDRANT_URL", "weaviate": "WEAVIATE_URL", "milvus": "MILVUS_URI"}


@dataclass(frozen=True)
class Address:
    """Where a store is: what `stores.open_store` is given."""

    url: str
    facts: dict[str, Any] = field(default_factory=dict)


def names() -> list[str]:
    """Return the stores that tests run on: one of each engine, and each server that the environment names."""
    return [*NAMED, *(f"{engine}-named" for engine, variable in NAMED.items() if os.environ.get(variable))]


class Servers:
    """Starts each store when it is asked for first, and ends them all."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._running = folder, contextlib.ExitStack()
        self._addresses: dict[str, Address] = {}

    def __getitem__(self, name: str) -> Address:
        """Return the store's address. `name` is one of `names()`."""
        if name not in self._addresses:
            self._addresses[name] = self._named(name) if name.endswith("-named") else self._own(name)
        return self._addresses[name]

    def close(self) -> None:
        """End what was started."""
        self._running.close()

    def _named(self, name: str) -> Address:
        engine = name.removesuffix("-named")
        facts = {"engine": engine, "distance": "cosine"}
        if engine == "weaviate":
            facts |= {"grpc_port": int(os.environ.get("WEAVIATE_GRPC_PORT", "50051"))}
        return Address(os.environ[NAMED[engine]], facts)

    def _own(self, engine: str) -> Address:
        folder = self._folder / engine
        folder.mkdir()
        if engine == EMBEDDED:
            return Address(f"file://{folder}/qdrant", {"engine": engine, "distance": "cosine"})
        return self._running.enter_context({"weaviate": weaviate, "milvus": milvus}[engine](folder))


@contextlib.contextmanager
def weaviate(folder: Path, **settings: str) -> Iterator[Address]:
    """Run a Weaviate server over the folder; `settings` are of its environment."""
    build = subprocess.run(
        [_ROOT / "tests/cluster/build.sh", "weaviate"], stdout=subprocess.PIPE, text=True, check=True
    )  # builds where it was not built yet, and says so on stderr
    ports = _free(6)
    environment = {
        "PERSISTENCE_DATA_PATH": str(folder / "data"),
        "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "true",
        "DEFAULT_VECTORIZER_MODULE": "none",
        "DISABLE_TELEMETRY": "true",
        "GO_PROFILING_DISABLE": "true",
        "LOG_LEVEL": "error",
        "CLUSTER_HOSTNAME": "node1",
        "CLUSTER_ADVERTISE_ADDR": "127.0.0.1",
        "RAFT_BOOTSTRAP_EXPECT": "1",
        "GRPC_PORT": str(ports[1]),
        "CLUSTER_GOSSIP_BIND_PORT": str(ports[2]),
        "CLUSTER_DATA_BIND_PORT": str(ports[3]),
        "RAFT_PORT": str(ports[4]),
        "RAFT_INTERNAL_RPC_PORT": str(ports[5]),
        **settings,
    }
    url = f"http://127.0.0.1:{ports[0]}"
    program = [f"{build.stdout.strip()}/weaviate-server", "--host", "127.0.0.1", "--port", str(ports[0])]

    def ready() -> bool:
        with urllib.request.urlopen(f"{url}/v1/.well-known/ready", timeout=2) as answer:
            return bool(answer.status == 200)

    with _process([*program, "--scheme", "http"], folder, environment, ready):
        yield Address(url, {"engine": "weaviate", "distance": "cosine", "grpc_port": ports[1]})


@contextlib.contextmanager
def s3(folder: Path, root: Path) -> Iterator[int]:
    """versitygw: S3 over `root`, whose folders are its buckets; gives its port. Its key is `tests`, both parts."""
    build = subprocess.run(
        [_ROOT / "tests/cluster/build.sh", "versitygw"], stdout=subprocess.PIPE, text=True, check=True
    )
    (port,) = _free(1)
    environment = {"ROOT_ACCESS_KEY": "tests", "ROOT_SECRET_KEY": "tests"}
    program = [f"{build.stdout.strip()}/versitygw", "--port", f"127.0.0.1:{port}", "--quiet", "posix", str(root)]

    def ready() -> bool:
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return True

    with _process(program, folder, environment, ready):
        yield port


@contextlib.contextmanager
def milvus(folder: Path, graphs: bool = True) -> Iterator[Address]:
    """milvus-lite's gRPC server over the folder; without `graphs` it scans, as it does where faiss is not installed."""
    (port,) = _free(1)
    without = "import sys; sys.modules['faiss'] = None; from milvus_lite.cmdline import main; sys.exit(main())"
    program = [sys.executable, *(["-m", "milvus_lite"] if graphs else ["-c", without])]
    program += ["server", "--data-dir", str(folder / "data")]

    def ready() -> bool:
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return True

    with _process([*program, "--host", "127.0.0.1", "--port", str(port)], folder, {}, ready):
        yield Address(f"http://127.0.0.1:{port}", {"engine": "milvus", "distance": "cosine"})


def _free(count: int) -> list[int]:
    """Return a port that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in sockets:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in sockets]


@contextlib.contextmanager
def _process(
    command: list[str], folder: Path, environment: Mapping[str, str], ready: Callable[[], bool]
) -> Iterator[None]:
    """Run the server's process from when it answers until the block ends."""
    log = folder / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, cwd=folder, stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + _START
        while not _answers(ready):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{Path(command[0]).name} does not answer; it said:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(ready: Callable[[], bool]) -> bool:
    try:
        return ready()
    except OSError:
        return False
