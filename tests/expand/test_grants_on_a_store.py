"""dac grants: what a real object store makes of the policies."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dac.expand import bucket_policies
from dac.expand.grants import Grant

pytestmark = pytest.mark.image
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def python() -> str:
    """Return the Python of a step image, with its S3 client."""
    made = subprocess.run([ROOT / "images/env.sh", "rag", "test"], check=True, capture_output=True, text=True)
    return f"{made.stdout.strip()}/bin/python"


@pytest.fixture(scope="module")
def store(
    python: str, granted: dict[str, list[Grant]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, dict[str, str]]]:
    """Start versitygw with an account for each project and the buckets' policies; yield each account's environment."""
    built = subprocess.run(
        [ROOT / "tests/cluster/build.sh", "versitygw"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()
    folder = tmp_path_factory.mktemp("s3")
    for name in ("data", "iam"):
        (folder / name).mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    keys = {name: secrets.token_hex(8) for name in ("root", *granted)}
    server, root = f"{built}/versitygw", ["--access", "root", "--secret", keys["root"]]
    with subprocess.Popen(
        [server, *root, "--port", address, "--iam-dir", folder / "iam", "--quiet", "posix", folder / "data"],
        stdout=subprocess.DEVNULL,
    ) as running:
        try:
            until_open(address)
            for name in granted:
                account = ["create-user", "--access", name, "--secret", keys[name], "--role", "user"]
                admin = [server, "admin", *root, "--endpoint-url", f"http://{address}", *account]
                subprocess.run(admin, check=True, capture_output=True)
            clients = {name: client(address, name, key) for name, key in keys.items()}
            policies = bucket_policies(granted, "{project}")
            tried(python, clients["root"], [("found", policies)])
            yield clients
        finally:
            running.kill()


def until_open(address: str) -> None:
    """Wait until a server answers."""
    host, port = address.split(":")
    for _ in range(200):
        try:
            socket.create_connection((host, int(port)), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing answers at {address}")


def client(address: str, key: str, secret: str) -> dict[str, str]:
    """Return the environment that a pod has, with a key of its own."""
    own = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1"}
    return {**os.environ, **own, "OBJECTS": f"http://{address}", "PYTHONPATH": f"{ROOT}/images/rag:{ROOT}/images"}


TRY = """
import json, os, sys
from runtime import addresses, objects
from runtime.errors import InputError

store = addresses.locate("s3://any/key")[0]

def found(policies):
    for bucket, policy in policies.items():
        store.mkdir(bucket)
        store.call_s3("put_bucket_policy", Bucket=bucket, Policy=json.dumps(policy))

tries = {
    "found": found,
    "write": lambda address: objects.write(address, b"text"),
    "stream": lambda address: objects.write(address, b"x" * 6_000_000),
    "read": lambda address: objects.read(address).decode(),
    "exists": objects.exists,
    "list": lambda address: [entry.name for entry in objects.entries(address)],
    "get": lambda key: store.call_s3("get_object", Bucket=key.split("/")[0], Key=key.split("/", 1)[1]) and None,
    "names": lambda bucket: len(store.call_s3("list_objects_v2", Bucket=bucket).get("Contents", [])),
    "copy": lambda pair: objects.copy(*pair),
    "remove": objects.remove,
}
for name, argument in json.load(sys.stdin):
    try:
        print(json.dumps(tries[name](argument)))
    except (InputError, PermissionError, FileNotFoundError) as error:
        error = error.__cause__ if isinstance(error, InputError) else error
        print(json.dumps(error.__cause__.response["Error"]["Code"]))  # as the store says it; 403 where it has no body
"""
DENIED, FORBIDDEN = "AccessDenied", "403"


def tried(python: str, environment: dict[str, str], calls: list[tuple[str, Any]]) -> list[Any]:
    """Return what calls of the step programs' own module give."""
    done = subprocess.run([python, "-c", TRY], input=json.dumps(calls), env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_store_keeps_projects_apart(store: dict[str, dict[str, str]], python: str) -> None:
    own = [f"s3://kept/dac/{name}/search" for name in ("alpha", "beta")]
    for name, home in zip(("alpha", "beta"), own, strict=True):
        assert tried(
            python,
            store[name],
            [
                ("write", f"{home}/runs/1/plan.json"),
                ("stream", f"{home}/runs/1/records/0.parquet"),
                ("copy", [f"{home}/runs/1/plan.json", f"{home}/kept.json"]),
                ("read", f"{home}/kept.json"),
                ("exists", f"{home}/none.json"),
                ("list", home),
                ("remove", f"{home}/runs/1"),
                ("list", home),
                ("write", f"s3://logs/{name}/search-1/main.log"),
            ],
        ) == [None, None, None, "text", False, ["kept.json", *IN_RUN], None, ["kept.json"], None]
    theirs = own[1]
    refused = [
        ("get", f"{theirs}/kept.json".removeprefix("s3://")),
        ("get", f"{theirs}/none.json".removeprefix("s3://")),
        ("list", theirs),
        ("list", "s3://kept/dac"),
        ("names", "kept"),
        ("write", f"{theirs}/kept.json"),
        ("stream", f"{theirs}/large.bin"),
        ("write", "s3://kept/dac/alphabet/kept.json"),  # a project whose name begins like this one's
        ("list", "s3://kept/dac/alphabet"),
        ("get", "logs/beta/search-1/main.log"),
        ("names", "logs"),
    ]
    assert tried(python, store["alpha"], refused) == [DENIED] * len(refused)
    unseen = [("read", f"{theirs}/kept.json"), ("copy", [f"{theirs}/kept.json", f"{own[0]}/a"]), ("remove", theirs)]
    assert tried(python, store["alpha"], unseen) == [FORBIDDEN] * len(unseen)
    assert tried(python, store["beta"], [("read", f"{theirs}/kept.json")]) == ["text"]


IN_RUN = ["runs/1/plan.json", "runs/1/records/0.parquet"]


def test_sources_are_read_by_whom_they_were_given_to_and_written_by_nobody(
    store: dict[str, dict[str, str]], python: str
) -> None:
    tried(
        python,
        store["root"],
        [("write", f"s3://{key}") for key in ("sources/a.txt", "shared/names.jsonl", "models/large/w.bin")],
    )
    calls = [
        ("read", "s3://sources/a.txt"),
        ("list", "s3://sources"),
        ("read", "s3://shared/names.jsonl"),
        ("list", "s3://models/large"),
        ("write", "s3://sources/a.txt"),
        ("write", "s3://models/large/w.bin"),
        ("get", "shared/team/none.txt"),
    ]
    read = ["text", ["a.txt"], "text", ["w.bin"]]
    assert tried(python, store["alpha"], calls) == [*read, DENIED, DENIED, "NoSuchKey"]
    assert tried(python, store["beta"], calls) == [FORBIDDEN, DENIED, "text", ["w.bin"], DENIED, DENIED, DENIED]
