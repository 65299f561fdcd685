"""The programs on a real S3 server (versitygw), which cannot append: what was written is never asked again."""

import asyncio
import threading
import time
from pathlib import Path

import orjson
import pytest
from asking import prepare, questions
from evaluation import answers, scorecard
from runtime import objects
from runtime.errors import TryAgain
from servers import port
from stub import Stub
from world import World


def test_the_whole_pipeline(bucket: World) -> None:
    with Stub() as stub:
        for number in (1, 2):
            bucket.set(ACCEPT="baseline" if number == 1 else "")  # a person accepts the first version
            bucket.set(RUN_ID=f"{bucket.environ('PIPELINE')}-{number}", RUN_NAME=f"answers-{number}", MARGIN="0.05")
            prepare(bucket, stub.url, 600)
            bucket.run("infer", "--shard", "0")
            bucket.run("score")
            bucket.run("compare", "--verdict", f"{bucket.folder}/out/v")
            bucket.run("annotate")
            bucket.run("report")
            bucket.set(STATUS="Succeeded")
            bucket.run("finish")
    assert scorecard.read(bucket.root)["metrics"]["exact_match"]["value"] == 1.0
    comparison = objects.read_json(f"{bucket.root}/comparison.json")
    assert (comparison["verdict"], comparison["baseline"]["run"]) == ("pass", "answers-1")
    assert not objects.listing(f"{bucket.root}/answers/0")  # finish has removed them
    assert set(stub.asked.values()) == {1}


def test_a_changed_dataset_is_refused(bucket: World) -> None:
    objects.write(bucket.dataset(questions(3))["uri"], b'{"id": "x"}\n')
    bucket.set(METRICS="exact_match")
    assert "the dataset has changed" in bucket.run("load", "--out", f"{bucket.folder}/out", code=65)[-1]["message"]


def test_a_part_is_written_while_nothing_more_comes(bucket: World) -> None:
    """An endpoint that hangs after an answer: the answer is safe all the same."""

    async def write() -> list[str]:
        with answers.Journal(answers.folder(bucket.root, 0)) as journal:
            task = asyncio.create_task(journal.keep_flushing())
            journal.append(answers.record("q0", text="w0"))
            await asyncio.sleep(3 * answers.PART_SECONDS)
            there = await asyncio.to_thread(objects.listing, answers.folder(bucket.root, 0))
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

    monkeypatch.setattr(answers.addresses, "is_folder", lambda address: False)
    monkeypatch.setattr(answers.objects, "write", slow)
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
    ids = [orjson.loads(line)["id"] for data in parts.values() for line in data.splitlines()]
    assert sorted(ids) == sorted(f"q{n}" for n in range(20_000))


def test_a_store_that_is_gone_is_tried_again(bucket: World, tmp_path: Path) -> None:
    bucket.set(OBJECTS=f"http://127.0.0.1:{port()}", METRICS="exact_match")
    bucket.set(DATASET={"name": "d@v1", "uri": "s3://datasets/x.jsonl", "sha256": "0" * 64})
    message = bucket.run("load", "--out", str(tmp_path), code=75)[-1]["message"]
    assert message.startswith("s3://datasets/x.jsonl: cannot be read: ")
