"""Real servers on free ports, ended by their process: for this image's tests, for tests/evaluation and for the demo.

Callers outside this image's tests run in another Python, and pass the one that has the servers' packages.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

# One thread each unless told otherwise, none that spins: several servers share the cores. No model is sought on a hub.
QUIET = {
    "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"), "OMP_WAIT_POLICY": "passive", "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}  # fmt: skip
Server = AbstractContextManager[str]


def port() -> int:
    """Returns a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def need(program: str, package: str) -> str:
    """Returns a program's path, or skips the test saying what to install."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed; as root: apt-get install -y --no-install-recommends {package}")
    return path


@contextmanager
def server(
    command: Sequence[str | Path], address: str, health: str, folder: Path, seconds: float = 180
) -> Iterator[str]:
    """Runs a server in a folder until the context ends; yields its address once `health` under it answers 200.

    Raises:
        RuntimeError: it ended, or did not answer in so many seconds; with the last of its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{Path(command[0]).name}-{address.rpartition(':')[2]}.log"
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
            time.sleep(0.1)
        yield address
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def answers(url: str) -> bool:
    """Returns whether an address answers 200, or asks who wants to know."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        return error.code == 401
    except (urllib.error.URLError, OSError):
        return False


def get(url: str) -> bytes:
    """Returns what an address answers."""
    with urllib.request.urlopen(url, timeout=30) as response:
        return bytes(response.read())


def mlflow(folder: Path, python: str | Path = sys.executable) -> Server:
    """An MLflow server over SQLite."""
    number = port()
    command = [python, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--default-artifact-root", f"{folder}/mlruns", "--host", "127.0.0.1", "--port", str(number)]
    return server([*command, "--workers", "1"], f"http://127.0.0.1:{number}", "/health", folder)


def transformers_serve(folder: Path, python: str | Path = sys.executable) -> Server:
    """`transformers serve`: each folder under `folder` is a model of that name."""
    number = port()
    command = [Path(python).parent / "transformers", "serve", "--host", "127.0.0.1", "--port", str(number)]
    return server([*command, "--device", "cpu"], f"http://127.0.0.1:{number}", "/v1/models", folder)


def pushgateway(folder: Path, program: str, *flags: str) -> Server:
    """A Prometheus Pushgateway that starts empty: without the option, Debian's keeps one file for the whole machine."""
    number = port()
    command = [program, f"--web.listen-address=127.0.0.1:{number}", "--persistence.file=", *flags]
    return server(command, f"http://127.0.0.1:{number}", "/-/ready", folder)


def call(address: str, path: str, method: str = "POST", **body: Any) -> dict[str, Any]:
    """Calls MLflow's REST interface."""
    url, kind = f"{address}/api/2.0/mlflow/{path}", {"Content-Type": "application/json"}
    with urllib.request.urlopen(
        urllib.request.Request(url, json.dumps(body).encode(), kind, method=method), timeout=30
    ) as response:
        answer: dict[str, Any] = json.loads(response.read())
    return answer


def alias(address: str, model: str, name: str) -> str:
    """Returns the number of the version that an alias of MLflow's registry points to."""
    answer = json.loads(get(f"{address}/api/2.0/mlflow/registered-models/alias?name={model}&alias={name}"))
    return str(answer["model_version"]["version"])
