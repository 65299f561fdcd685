"""The programs' folder on the path, as PYTHONPATH has it in a pod; a world; a real S3 server to lay its objects on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent), str(_HERE.parents[1])]

import busy_minute as minute  # noqa: E402 - after the path
from servers import port, server  # noqa: E402
from world import PROGRAMS, World  # noqa: E402

BUILD = PROGRAMS.parent.parent / "tests/cluster/build.sh"
KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests-secret", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A run's environment in a folder of its own."""
    return World(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def busy_minute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[minute.BusyMinute]:
    """A run of infer against an endpoint that is busy for a minute."""
    with minute.started(tmp_path_factory.mktemp("minute")) as run:
        yield run


@pytest.fixture(scope="session", autouse=True)
def _begun_ahead(request: pytest.FixtureRequest) -> None:
    """Begin that minute with the first test, where one of them asks how it ended."""
    if any("busy_minute" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("busy_minute")


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of versitygw over a folder, with two buckets."""
    built = subprocess.run([BUILD, "versitygw"], capture_output=True, text=True, check=True).stdout.strip()
    folder = tmp_path_factory.mktemp("s3")
    for bucket in ("datasets", "dac-artifacts"):
        (folder / "data" / bucket).mkdir(parents=True)
    place = f"127.0.0.1:{port()}"
    command = [f"{built}/versitygw", "--access", KEYS["AWS_ACCESS_KEY_ID"], "--secret", KEYS["AWS_SECRET_ACCESS_KEY"]]
    command += ["--port", place, "--health", "/health", "posix", str(folder / "data")]
    with server(command, f"http://{place}", "/health", folder) as address:
        yield address


@pytest.fixture
def bucket(world: World, gateway: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose objects lie on the server, in a run of its own."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    world.set(OBJECTS=gateway, RUN_ID=f"uid-{os.urandom(4).hex()}", PIPELINE=f"p-{os.urandom(4).hex()}")
    return world
