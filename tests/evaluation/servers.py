"""Real servers for pipelines, in the environments that the images lock: MLflow, `transformers serve`, a Pushgateway."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tree import ROOT

# One thread each, none that spins: several servers share what cores there are.
QUIET = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def port() -> int:
    """Returns a free port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def python(image: str = "eval") -> Path:
    """Returns the Python of an image's environment with what its tests need."""
    made = subprocess.check_output([ROOT / "images/env.sh", image, "test"], text=True)
    return Path(made.strip().splitlines()[-1]) / "bin/python"


@contextmanager
def server(
    command: Sequence[str | Path], address: str, health: str, folder: Path, seconds: float = 180
) -> Iterator[str]:
    """Runs a server until the context ends; yields its address once `health` under it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("DAC_", "MLFLOW"))}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(word) for word in command], stdout=out, stderr=out, cwd=folder, env={**environ, **QUIET},
            start_new_session=True,
        )  # fmt: skip
    try:
        ends = time.monotonic() + seconds
        while not answers(address + health):
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.2)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def answers(url: str) -> bool:
    """Returns whether an address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def mlflow(folder: Path) -> Any:
    """An MLflow server over SQLite."""
    number = port()
    command = [
        python(),
        "-m",
        "mlflow",
        "server",
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--workers",
        "1",
    ]
    command += ["--default-artifact-root", folder / "mlruns", "--host", "127.0.0.1", "--port", str(number)]
    return server(command, f"http://127.0.0.1:{number}", "/health", folder)


def call(address: str, path: str, method: str = "POST", **body: Any) -> dict[str, Any]:
    """Calls MLflow's REST interface."""
    request = urllib.request.Request(
        f"{address}/api/2.0/mlflow/{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        found: dict[str, Any] = json.loads(response.read())
    return found


def alias(address: str, model: str, name: str) -> str:
    """Returns the number of the version that an alias points to."""
    with urllib.request.urlopen(
        f"{address}/api/2.0/mlflow/registered-models/alias?name={model}&alias={name}", timeout=30
    ) as response:
        return str(json.loads(response.read())["model_version"]["version"])
