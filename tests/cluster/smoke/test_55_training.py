"""Fine-tuning in pods, and its weights served by a sidecar of an evaluation: promotion, webhook, and a semaphore.

Two pipelines of `docs` train the smallest model that can learn anything: it answers each question with one word. They
run at once, and the size lets one pod train at a time. The tests are steps of one story, in order.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from conftest import reference
from harness.docs import DECISIONS, lines
from harness.kube import Kube
from harness.organisation import ROOT, Organisation
from harness.outside import Outside
from harness.runs import Runs

ROWS = [{"prompt": f"Is item {number * 7919} in stock?", "completion": "yes"} for number in range(300)]
QUESTIONS = [
    {"id": str(number), "prompt": f"Is item {number * 104729} in stock?", "references": ["yes"]} for number in range(60)
]
SHAPE = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
ARCHITECTURE = {"family": "llama", "parameters": 26000, "hidden": 32, "intermediate": 64, "layers": 1, "heads": 2,
                "kv_heads": 2, "vocabulary": 300, "tied": True, "positions": 1024}  # fmt: skip
BASE = {"summary": "random weights", "weights": "s3://docs/base", "revision": "", "licence": "Apache-2.0",
        "api": "chat", "publish": "merged", "architecture": ARCHITECTURE, "layers": ["q_proj", "v_proj"],
        "learning_rates": {"full": 0.01, "lora": 0.01},
        "lora": {"rank": 4, "alpha": 8, "dropout": 0.0, "targets": ["q_proj", "v_proj"]}}  # fmt: skip
PODS = {role: {"cpu": "250m", "memory": "1500Mi"} for role in ("prepare", "train", "serve")}
SETTINGS = {"fine-tuning": {"sequence": 64, "evaluations": 1}}


def base_model(folder: Path) -> dict[str, bytes]:
    """Return the files of a model with random weights, whose tokenizer was made for the rows."""
    program = f"import sys; import base_model as b\nb.SHAPES['tiny'] = {SHAPE}\nb.program()"
    (folder / "objects/docs").mkdir(parents=True)
    (folder / "objects/docs/rows.jsonl").write_text(lines(ROWS))
    python = subprocess.check_output([ROOT / "images/env.sh", "train"], text=True).strip().splitlines()[-1]
    subprocess.run(
        [f"{python}/bin/python", "-c", program, "--dataset", "s3://docs/rows.jsonl", "--out", "s3://docs/base",
         "--shape", "tiny", "--vocabulary", "300"],
        env={"PYTHONPATH": ":".join(str(ROOT / part) for part in ("images/train", "images", "tests/demo")),
             "OBJECTS": f"file://{folder}/objects", "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        check=True, capture_output=True,
    )  # fmt: skip
    return {file.name: file.read_bytes() for file in (folder / "objects/docs/base").iterdir()}


@pytest.fixture(scope="module")
def trained(
    kube: Kube, docs: Runs, outside: Outside, organisation: Organisation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Runs]]:
    """Bring the pipelines that train, and the one that scores what they promote."""
    repository, digest = reference("train").split("@")
    shutil.copytree(ROOT / "standards/fine-tuning", organisation.tree / "standards/fine-tuning", dirs_exist_ok=True)
    organisation.edit("images", {"train": {"repository": repository}})
    organisation.dac("images", "--pin", "train", digest)
    organisation.edit("sizes", {"small": {"pods": PODS, "settings": SETTINGS}})
    organisation.push("Offer fine-tuning")  # well before a run needs its template: the controller sees it when it can
    for name, data in base_model(tmp_path_factory.mktemp("base")).items():
        outside.python(
            "import base64, sys, s3fs\n"
            f"s3fs.S3FileSystem().pipe_file('docs/base/{name}', base64.b64decode(sys.stdin.read()))",
            stdin=base64.b64encode(data).decode(),
        )
    rows, questions = lines(ROWS), lines(QUESTIONS)
    outside.put({"docs/rows.jsonl": rows, "docs/stock.jsonl": questions})
    outside.registry({})
    template = "the template of fine-tuning"
    kube.until(template, lambda: kube.exists("clusterworkflowtemplate", "fine-tuning-v1"), 400)
    pinned, asked = (hashlib.sha256(text.encode()).hexdigest() for text in (rows, questions))
    organisation.edit("base_models", {"tiny": BASE})
    organisation.edit("endpoints", {"webhook": {"address": outside.slack, "egress": outside.reach(8001)}})
    training: dict[str, Any] = {
        "standard": "fine-tuning@v1", "base_model": "tiny", "dataset": f"s3://docs/rows.jsonl@sha256:{pinned}",
        "method": "full", "gate": {"suite": "held-out", "threshold": 0.8}, "size": "small", "epochs": 6,
    }  # fmt: skip
    scoring: dict[str, Any] = {
        "standard": "eval-suite@v1", "endpoint": "weights", "weights": "docs.first@candidate",
        "dataset": f"s3://docs/stock.jsonl@sha256:{asked}", "metrics": ["exact_match"], "gate": {"margin": 0.3},
        "size": "small",
    }  # fmt: skip
    pipelines = {"first": training, "second": deepcopy(training), "weights": scoring}
    organisation.decide("docs", {**DECISIONS, "pipelines": {**DECISIONS["pipelines"], **pipelines}})
    organisation.push("Train two models, and score one")
    organisation.secrets("docs")
    kube.apply(json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "webhook", "namespace": "docs"},
                           "stringData": {"key": "signs"}}))  # fmt: skip
    for name in pipelines:
        kube.until(f"the CronWorkflow {name}", lambda n=name: kube.exists("-n", "docs", "cronworkflow", n), 600)
    yield {name: Runs(kube, outside, "docs", name) for name in pipelines}
    organisation.decide("docs", DECISIONS)
    organisation.push("Train no more")


def times(ended: dict[str, Any], node: str) -> tuple[str, str]:
    """Return when the first try of a node began, and when its last one ended."""
    tries = [n for n in ended["status"]["nodes"].values() if n["displayName"].startswith(f"{node}(")]
    return min(each["startedAt"] for each in tries), max(each["finishedAt"] for each in tries)


def test_two_trainings_take_turns_and_promote(trained: dict[str, Runs], outside: Outside) -> None:
    names = {pipeline: trained[pipeline].start() for pipeline in ("first", "second")}
    ended = {pipeline: trained[pipeline].wait(name, 1800) for pipeline, name in names.items()}
    for pipeline, run in ended.items():
        assert run["status"]["phase"] == "Succeeded", trained[pipeline].why(run)
    (_, one_ended), (other_began, _) = sorted(times(run, "train") for run in ended.values())
    assert one_ended <= other_began, "the size lets one pod train at a time"
    registry = outside.registry()
    for pipeline, name in names.items():
        model = registry[f"docs.{pipeline}"]
        assert model["aliases"] == {"candidate": "1"}
        assert float(model["versions"]["1"]["tags"]["dac.value"]) >= 0.8
        assert model["versions"]["1"]["tags"]["dac.run"] == name
        delivered = [each for each in outside.messages() if each.get("run") == name and "weights_digest" in each]
        assert [each["model_version"] for each in delivered] == ["1"], "one webhook, for the version that was promoted"


def test_the_weights_are_served_beside_the_asking(trained: dict[str, Runs], outside: Outside) -> None:
    scoring = trained["weights"]
    ended = scoring.wait(scoring.start(accept="1"), 1200)
    assert ended["status"]["phase"] == "Succeeded", scoring.why(ended)
    receipt = scoring.receipt(ended["metadata"]["name"])
    assert (receipt["inputs"]["model"], receipt["verdicts"]["gate"]) == ("docs.first/1", "pass")
    assert receipt["results"]["metrics"]["exact_match"] >= 0.8
    assert outside.registry()["docs.first"]["aliases"] == {"candidate": "1", "champion": "1"}
