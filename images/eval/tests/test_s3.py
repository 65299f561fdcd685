"""The programs on a real S3 server (versitygw), which cannot append: what was written is never asked again."""

import asyncio
import hashlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import answers
import orjson
import pytest
import scorecard
import storage
from errors import TryAgain
from servers import port, server
from stub import Stub
from test_infer import QUICK, questions
from world import PROGRAMS, World

BUILD = PROGRAMS.parent.parent / "tests/cluster/build.sh"
KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests-secret", "AWS_DEFAULT_REGION": "us-east-1"}
COUNT = 600


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of versitygw over a folder, with two buckets."""
    built = subprocess.run([BUILD, "versitygw"], capture_output=True, text=True, check=True).stdout.strip()
    folder = tmp_path_factory.mktemp("s3")
    for bucket in ("datasets", "dac-artifacts"):
        (folder / "data" / bucket).mkdir(parents=True)
    place = f"127.0.0.1:{port()}"
    command = [f"{built}/versitygw", "--access", KEYS["AWS_ACCESS_KEY_ID"], "--secret", KEYS["AWS_SECRET_ACCESS_KEY"]]
    command += ["--port", place, "--health", "/health", "posix", str(folder / "data")]
    with server(command, "/health", folder, at=f"http://{place}") as address:
        yield address


@pytest.fixture
def bucket(world: World, gateway: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose objects lie on the server, in a run of its own."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    world.set(OBJECTS=gateway, RUN_ID=f"uid-{os.urandom(4).hex()}", PIPELINE=f"p-{os.urandom(4).hex()}")
    return world


def pinned(world: World, samples: list[dict[str, Any]]) -> None:
    data = b"".join(orjson.dumps(sample, option=orjson.OPT_APPEND_NEWLINE) for sample in samples)
    uri = f"s3://datasets/{world.environ('RUN_ID')}.jsonl"
    storage.write(uri, data)
    world.set(DATASET={"name": "docs-qa@v1", "uri": uri, "sha256": hashlib.sha256(data).hexdigest()})


def prepare(world: World, url: str, count: int = COUNT, **facts: Any) -> None:
    pinned(world, questions(count))
    world.set(METRICS="exact_match", SIZING={"shard_samples": 10_000}, ENDPOINT=QUICK | facts, ENDPOINT_URL=url)
    world.load()


def recorded(world: World) -> dict[str, str]:
    return {one["id"]: one["text"] for one in answers.read(answers.folder(world.root, 0))}


def test_the_whole_pipeline(bucket: World) -> None:
    with Stub() as stub:
        for number in (1, 2):
            bucket.set(RUN_ID=f"{bucket.environ('PIPELINE')}-{number}", RUN_NAME=f"answers-{number}", MARGIN="0.05")
            prepare(bucket, stub.url)
            bucket.run("infer", "--shard", "0")
            bucket.run("score")
            bucket.run("compare", "--verdict", f"{bucket.folder}/out/v")
            bucket.run("annotate")
            bucket.run("report")
            bucket.set(STATUS="Succeeded")
            bucket.run("finish")
    assert scorecard.read(bucket.root)["metrics"]["exact_match"]["value"] == 1.0
    told = storage.read_json(f"{bucket.root}/comparison.json")
    assert (told["verdict"], told["baseline"]["run"]) == ("pass", "answers-1")
    assert not storage.listing(f"{bucket.root}/answers/0")  # finish has removed them
    assert set(stub.asked.values()) == {1}


def test_a_moved_pin_is_refused(bucket: World) -> None:
    pinned(bucket, questions(3))
    storage.write(orjson.loads(bucket.environ("DATASET"))["uri"], b'{"id": "x"}\n')
    bucket.set(METRICS="exact_match")
    assert "the pin has moved" in bucket.run("load", "--out", f"{bucket.folder}/out", code=65)[-1]["message"]


@pytest.mark.parametrize(("killer", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_killed_pod_asks_nothing_twice_that_was_written(bucket: World, killer: signal.Signals, code: int) -> None:
    """SIGTERM: nothing at all. SIGKILL: what came in the last half second may not have been written."""
    with Stub(delay=0.1) as stub:
        prepare(bucket, stub.url, concurrency=8)
        process = bucket.start("infer", "--shard", "0")
        while stub.answered.total() < 200:
            time.sleep(0.005)
        process.send_signal(killer)
        told = process.communicate(timeout=30)[1]
        assert process.returncode == code, told
        time.sleep(0.2)
        known = set(recorded(bucket))
        assert known, "parts were written while it asked"
        bucket.run("infer", "--shard", "0")
    assert recorded(bucket) == {f"q{n}": f"w{n}" for n in range(COUNT)}
    again = {key.rpartition("/")[2] for key, count in stub.asked.items() if count > 1}
    assert not again & known
    if killer == signal.SIGTERM:
        assert not again
    assert max(stub.asked.values()) <= 2


def test_a_part_is_written_while_nothing_more_comes(bucket: World) -> None:
    """An endpoint that hangs after an answer: the answer is safe all the same."""

    async def write() -> list[str]:
        with answers.Journal(answers.folder(bucket.root, 0)) as journal:
            task = asyncio.create_task(journal.keep_flushing())
            journal.append(answers.record("q0", text="w0"))
            await asyncio.sleep(3 * answers.PART_SECONDS)
            there = await asyncio.to_thread(storage.listing, answers.folder(bucket.root, 0))
            task.cancel()
            return there

    assert [name.rpartition("/")[2] for name in asyncio.run(write())] == ["00000.jsonl"]


def test_nothing_is_lost_while_parts_are_written_beside(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is slow and fails at times, and two who write: every record is in one part, once."""
    parts: dict[str, bytes] = {}
    tries = [0]

    def slow(address: str, data: bytes) -> None:
        tries[0] += 1
        time.sleep(0.002)
        if tries[0] % 3 == 0:
            raise TryAgain("busy")
        assert address not in parts
        parts[address] = data

    monkeypatch.setattr(answers.storage, "is_folder", lambda address: False)
    monkeypatch.setattr(answers.storage, "write", slow)
    monkeypatch.setattr(answers, "PART_ANSWERS", 10**9)
    journal, done = answers.Journal("s3://b/answers/0"), threading.Event()

    def flush() -> None:
        while not done.is_set():
            try:
                journal.flush()
            except TryAgain:
                continue

    beside = threading.Thread(target=flush)
    beside.start()
    for n in range(20_000):
        journal.append(answers.record(f"q{n}", text="x"))
    done.set()
    beside.join()
    while True:
        try:
            journal.flush()
            break
        except TryAgain:
            continue
    found = [orjson.loads(line)["id"] for data in parts.values() for line in data.splitlines()]
    assert sorted(found) == sorted(f"q{n}" for n in range(20_000))


def test_a_store_that_is_gone_is_tried_again(bucket: World, tmp_path: Path) -> None:
    bucket.set(OBJECTS=f"http://127.0.0.1:{port()}", METRICS="exact_match")
    bucket.set(DATASET={"name": "d@v1", "uri": "s3://datasets/x.jsonl", "sha256": "0" * 64})
    told = bucket.run("load", "--out", str(tmp_path), code=75)[-1]["message"]
    assert told.startswith("s3://datasets/x.jsonl: cannot be read: ")
