"""The model registry on a database by URL: a PostgreSQL of this test's own, where this machine has its binaries."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from runtime import registry
from support import mlflow_server
from trainer import bases

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
ROOT = os.geteuid() == 0
# PostgreSQL does not run as root; Debian's package brings a user for it.
USER: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if ROOT else {}


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of an empty database."""
    if not BINARIES:
        pytest.skip("PostgreSQL is missing, so the registry was tried on SQLite alone; apt-get install postgresql")
    programs, folder = BINARIES[-1].parent, Path(tempfile.mkdtemp())
    if ROOT:
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    made = [programs / "initdb", "--pgdata", folder / "data", "--username", "mlflow", "--auth", "trust", "--no-sync"]
    subprocess.run(made, cwd=folder, check=True, capture_output=True, **USER)
    command = [programs / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", port, "-k", folder]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **USER)
    try:
        ready = [programs / "pg_isready", "--host", "127.0.0.1", "--port", port, "--quiet"]
        while subprocess.run(ready, check=False).returncode:
            assert server.poll() is None
            time.sleep(0.1)
        yield f"postgresql://mlflow@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # ends at once, whoever is connected
        server.wait(timeout=60)
        shutil.rmtree(folder)


def test_a_version_is_kept_in_the_database_that_the_url_names(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Registered, tried again and registered no second time; the server gone, it is found in the database."""
    points = {"loss": [(1, 0.5), (2, 0.25)]}
    with mlflow_server(tmp_path, database) as address:
        runs = [registry.log_run(address, "p/q", "u1", {}, {"epochs": 1}, points) for _ in range(2)]
        tags = {"dac.value": "0.750000"}
        versions = [registry.register(address, "p.q", "s3://w/models/1", "u1", tags, "learned") for _ in range(2)]
    assert (len(set(runs)), versions) == (1, ["1", "1"])
    monkeypatch.setenv("MLFLOW", database)  # a client of the database itself
    assert bases.resolve_alias("p.q@candidate") == ("s3://w/models/1", "p.q/1")
