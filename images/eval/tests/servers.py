"""Real servers, started on free ports for a test and ended by their process."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


def port() -> int:
    """Returns a free port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def need(program: str, package: str) -> str:
    """Returns a program's path, or skips the test saying what to install."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed; as root: apt-get install -y --no-install-recommends {package}")
    return found


@contextmanager
def server(
    command: Sequence[str], url: str, folder: Path, seconds: float = 90, at: str = "", **variables: str
) -> Iterator[str]:
    """Runs a server until the context ends; yields its address once `url` under it answers.

    The address is `at`, or by the port at the end of the command.
    """
    address = at or f"http://127.0.0.1:{command[-1].rpartition(':')[2]}"
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("DAC_", "MLFLOW"))}
    log = folder / f"{Path(command[0]).name}-{Path(command[1]).name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, cwd=folder, env={**environ, **variables}, start_new_session=True
        )
    try:
        ends = time.monotonic() + seconds
        while not _answers(address + url):
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.1)
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def get(url: str) -> bytes:
    """Returns what an address answers."""
    with urllib.request.urlopen(url, timeout=10) as response:
        return bytes(response.read())


def mlflow(folder: Path) -> "contextmanager[str]":  # type: ignore[valid-type]
    """An MLflow server over SQLite."""
    uri = f"sqlite:///{folder}/mlflow.db"
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri, "--workers", "1"]
    command += ["--default-artifact-root", f"{folder}/mlruns", "--host", "127.0.0.1", "--port", str(port())]
    return server(command, "/health", folder, 180, MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false")
