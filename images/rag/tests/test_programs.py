"""The first two programs as a pod starts them: processes of their own, a real Ray, the true weights."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import orjson
import pytest
from figures import SHARDING
from index import embedding, findings, records, shard
from index.cutter import Cutter, lengths
from index.reading import Limits
from minilm import MODEL
from runtime import objects
from runtime.errors import TryAgain

PROGRAMS = Path(__file__).parent.parent
CHUNKING = {"tokens": 60, "overlap": 10}
DOCUMENTS = 17


def text(number: int) -> str:
    """Return a document: every third is cut into several chunks."""
    return f"# Part {number}\n\n" + f"A sentence about subject {number}. " * (5 + 20 * (number % 3))


@pytest.fixture(params=[{"actors": 1, "cpus": 1}, {"actors": 2, "cpus": 2}], ids=["alone", "through Ray Data"])
def pod(tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """Return the environment that the standard's template gives: a size of one actor, and of two with two readers."""
    bucket = tmp_path / "objects" / "docs"
    bucket.mkdir(parents=True)
    lines = []
    for number in range(DOCUMENTS):
        data, name = text(number).encode(), f"doc-{number}"
        (bucket / f"{name}.md").write_bytes(data)
        lines.append({"id": name, "uri": f"s3://docs/{name}.md", "sha256": hashlib.sha256(data).hexdigest()})
    (bucket / "manifest.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    sizing = {**request.param, "gpus": 0, "batch_tokens": 512}
    return {
        **os.environ, "PYTHONPATH": f"{PROGRAMS}:{PROGRAMS.parent}",
        "PROJECT": "p", "PIPELINE": "q", "RUN_ID": "run", "RUN_NAME": "q-1",
        "SOURCE": "s3://docs/manifest.jsonl", "MODEL": json.dumps(MODEL), "CHUNKING": json.dumps(CHUNKING),
        "SIZING": json.dumps(sizing), "SHARDING": SHARDING,
        "STORE": json.dumps({"engine": "qdrant", "distance": "cosine"}),
        "STORE_URL": f"file://{tmp_path}/qdrant", "OBJECTS": f"file://{tmp_path}/objects",
        "ARTIFACTS": "s3://artifacts",
    }  # fmt: skip


def start(pod: dict[str, str], *words: str) -> dict[str, Any]:
    """Run a program to its end and give what it says on stdout."""
    done = subprocess.run(
        [sys.executable, "-m", *words], env=pod, cwd=PROGRAMS, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_embed_writes_the_models_own_vectors_and_none_twice(
    pod: dict[str, str], tmp_path: Path, weights: Path, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(pod, "discover", "--lanes", str(tmp_path / "lanes.json"), "--summary", str(tmp_path / "summary.json"))
    assert json.loads((tmp_path / "lanes.json").read_text()) == [{"first": 0, "shards": 1}]
    result = start(pod, "embed", "--shard", "0")
    monkeypatch.setenv("OBJECTS", pod["OBJECTS"])
    fingerprint = orjson.loads(objects.read("s3://artifacts/p/q/runs/run/plan.json"))["fingerprint"]
    cutter = Cutter(weights, lengths(weights, MODEL, CHUNKING), fingerprint, Limits())
    wanted = {}
    for line in shard.read("s3://artifacts/p/q/runs/run/shards/0.jsonl"):
        entry = {**asdict(line.entry), "metadata": orjson.dumps(line.entry.metadata).decode()}
        wanted |= {row["id"]: row["embedded"] for row in cutter(entry)}
    cutter.close()
    held: dict[str, np.ndarray] = {}
    for ids, vectors, _ in records.read("s3://artifacts/p/q/runs/run/records/0.parquet", 384, 1024):
        held |= dict(zip(ids, vectors, strict=True))
    kinds = dict.fromkeys(findings.KINDS, 0)
    assert result == {"shard": 0, "documents": DOCUMENTS, "points": len(wanted), **kinds}
    assert held.keys() == wanted.keys()
    assert len(wanted) > DOCUMENTS  # the longer documents are several points
    expected = model.documents(list(wanted.values()))
    # A processor's matrix unit rounds (index/products.py); vectors of length 1 make the product a cosine.
    assert (np.array([held[point] for point in wanted]) * expected).sum(1).min() >= 0.9999
    assert start(pod, "embed", "--shard", "0") == {"shard": 0, "repeated": 0}


@pytest.mark.parametrize(
    ("sizing", "documents", "alone"),
    [
        ({"actors": 1, "cpus": 1, "gpus": 0}, 1_000_000, True),
        ({"actors": 1, "cpus": 8}, 1_000_000, True),
        ({"actors": 2, "cpus": 1, "gpus": 0}, 1, False),
        ({"actors": 1, "cpus": 4, "gpus": 1}, embedding.HANDFUL, True),
        ({"actors": 1, "cpus": 4, "gpus": 1}, embedding.HANDFUL + 1, False),
    ],
)
def test_ray_is_for_gpus_and_several_actors(sizing: dict[str, int], documents: int, alone: bool) -> None:
    assert embedding.alone(documents, sizing) is alone


def test_a_ray_that_is_not_up_in_time_is_a_reason_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Ray raises on a node that is short of CPU; it ended the step as a defect."""
    import ray

    def late(**options: Any) -> None:
        raise Exception("The current node timed out during startup. This could happen because ...")  # Ray's own class

    monkeypatch.setattr(ray, "init", late)
    started = embedding._ray({"actors": 1, "cpus": 1})
    with patch.dict(os.environ), pytest.raises(TryAgain) as raised:
        started.__enter__()
    assert str(raised.value) == (
        "Ray did not start: The current node timed out during startup. The node is short of CPU; where another try "
        "does no better, let fewer pods of this size run at once (catalog/sizes.yaml: embed.parallelism) or give it "
        "nodes with more"
    )
