"""The same programs over real S3: versitygw, started for these tests. There is no rename there: DONE comes last."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from runtime import objects, receipt, settings
from support import PROGRAMS, LocalRun, Trained, rows, score
from trainer import checkpoint, scorecards, tokens

KEY, SECRET = "dac-test", "a secret of this test"


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=1).close()
    except urllib.error.HTTPError as error:
        error.close()
        return True  # it wants a signature, and so it is there
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server over a folder; built from its Go module on first use."""
    build = PROGRAMS.parents[1] / "tests" / "cluster" / "build.sh"
    binary = Path(subprocess.check_output([build, "versitygw"], text=True).strip()) / "versitygw"
    folder = tmp_path_factory.mktemp("s3")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {**os.environ, "ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
    command = [binary, "--port", f"127.0.0.1:{port}", "posix", folder]
    with (folder.parent / "s3.log").open("wb") as log:
        server = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert server.poll() is None, (folder.parent / "s3.log").read_text()
            if _answers(address):
                break
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture
def on_s3(local_run: LocalRun, s3: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> LocalRun:
    """A run whose object store is the S3 server, in a bucket of the test's own."""
    import s3fs

    bucket = f"b-{abs(hash(request.node.name))}"
    credentials = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**credentials, "OBJECTS": s3, "ARTIFACTS": f"s3://{bucket}/artifacts"}.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem(key=KEY, secret=SECRET, endpoint_url=s3).mkdir(bucket)
    local = local_run.environ["DATASET"]
    data = (local_run.objects / "data" / "rows.jsonl").read_bytes()
    objects.write(f"s3://{bucket}/rows.jsonl", data)
    monkeypatch.setenv("DATASET", f"s3://{bucket}/rows.jsonl@{local.rpartition('@')[2]}")
    return local_run


def _losses(root: str) -> list[float]:
    return [orjson.loads(line)["loss"] for line in objects.lines(f"{root}/train/loss.jsonl")]


def test_a_killed_run_on_s3_is_the_run_of_a_folder(on_s3: LocalRun, uninterrupted: Callable[..., Trained]) -> None:
    """Every step over S3, training killed in between: losses, weights and receipt are those of an unhurt local run."""
    root = settings.run().root
    on_s3.prepare()
    child = on_s3.start_training()
    child.kill()
    child.communicate()
    done = checkpoint.steps(root)[-1]
    assert on_s3.train() == 0
    assert receipt.facts(settings.run(), "train")["resumed_at"] == done
    last = receipt.facts(settings.run(), "train")["steps"]
    over_s3 = (_losses(root), checkpoint.read(root, last)["digest"])

    assert on_s3.step("watch_evals", "--index", "1", "--step", str(on_s3.folder / "step")) == 0
    step = int((on_s3.folder / "step").read_text())
    score(step, 0.5)
    assert [s.value for s in scorecards.scores(scorecards.read(settings.run()), "exact_match")] == [0.5]
    assert on_s3.step("finish") == 0
    written = objects.read_json(f"{settings.run().home}/receipts/q-1.json")
    assert list(written["results"]["scorecards"]) == [str(step)]

    local = uninterrupted()
    assert over_s3 == (local.losses, local.digest)


def test_tokens_on_s3_are_made_once(on_s3: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    on_s3.prepare()
    first = receipt.facts(settings.run(), "tokenize_dataset")
    monkeypatch.setenv("RUN_ID", "u2")
    on_s3.prepare()
    again = receipt.facts(settings.run(), "tokenize_dataset")
    assert (again["place"], first["reused"], again["reused"]) == (first["place"], False, True)


def test_what_has_no_end_marker_on_s3_does_not_exist(on_s3: LocalRun) -> None:
    """Cut short: tokens without their manifest are made anew, a checkpoint without DONE is removed."""
    on_s3.prepare()
    place = receipt.facts(settings.run(), "tokenize_dataset")["place"]
    whole = objects.read(f"{place}/{tokens.TABLE}")
    objects.remove(f"{place}/{tokens.MANIFEST}")
    objects.write(f"{place}/{tokens.TABLE}", whole[: len(whole) // 2])
    on_s3.prepare()
    assert not receipt.facts(settings.run(), "tokenize_dataset")["reused"]
    assert objects.read(f"{place}/{tokens.TABLE}") == whole
    root = settings.run().root
    objects.write(f"{checkpoint.address(root, 7)}/model.safetensors", b"half")
    assert (checkpoint.steps(root), checkpoint.resumable(root)) == ([], [])
    assert checkpoint.remove_partial(root) == [checkpoint.address(root, 7)]
    assert objects.folders(checkpoint.root(root)) == []


def test_a_parquet_dataset_on_s3_is_read(on_s3: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib

    import pyarrow as pa
    import pyarrow.parquet as pq

    file = on_s3.folder / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows(60)), file)
    address = f"{settings.run().artifacts}/data/rows.parquet"
    objects.upload(file, address)
    monkeypatch.setenv("DATASET", f"{address}@sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}")
    on_s3.prepare()
    assert objects.read_json(f"{settings.run().root}/dataset/card.json")["rows"]["read"] == 60


def test_a_store_that_does_not_answer_is_tried_again(on_s3: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBJECTS", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert on_s3.step("prepare") == 75
