"""The endpoint is an alias of the registry: each pod serves that version itself, and the gate moves aliases."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from servers import alias, call, mlflow
from tree import Tree, python

pytestmark = pytest.mark.image

MODEL = "letters.trained"


def publish(tree: Tree, registry: str, folder: Path) -> str:
    """Puts weights into the object store, registers them as the candidate, and returns the version's number."""
    place = tree.objects / "models" / folder.name
    shutil.copytree(folder, place)
    made = call(registry, "model-versions/create", name=MODEL, source=f"s3://models/{folder.name}")
    number = str(made["model_version"]["version"])
    call(registry, "registered-models/alias", name=MODEL, alias="candidate", version=number)
    return number


def tags(registry: str, number: str) -> dict[str, str]:
    url = f"{registry}/api/2.0/mlflow/model-versions/get?name={MODEL}&version={number}"
    with urllib.request.urlopen(url, timeout=30) as response:
        return {tag["key"]: tag["value"] for tag in json.loads(response.read())["model_version"].get("tags", [])}


def test_the_gate_lets_the_better_weights_become_champion_and_not_the_worse(
    tree: Tree, models: Path, samples: list[dict[str, Any]], tmp_path: Path
) -> None:
    tree.dataset("letters", samples)
    # Two shards, two pods at once on this machine, each with a server of its own.
    tree.catalog("sizes", small=small(tree))
    suite = {"standard": "eval-suite@v1", "endpoint": "weights", "weights": f"{MODEL}@candidate",
             "dataset": "letters@v1", "metrics": ["exact_match"], "gate": {"margin": 0.1}, "size": "small"}  # fmt: skip
    tree.project("letters", suite=suite)
    tree.dac("render")
    with mlflow(tmp_path / "mlflow", python()) as registry:
        tree.bindings["mlflow"] = registry
        call(registry, "registered-models/create", name=MODEL)
        first = publish(tree, registry, models / "better")
        unheld = tree.run("letters/suite")
        assert unheld["verdicts"]["gate"] == tags(registry, first)["dac.eval.letters.suite.verdict"] == "inconclusive"
        with pytest.raises(urllib.error.HTTPError, match=r"40[04]"):
            alias(registry, MODEL, "champion")
        passed = tree.run("letters/suite", accept=first)
        assert (passed["verdicts"]["gate"], passed["inputs"]["model"]) == ("pass", f"{MODEL}/{first}")
        assert (passed["counts"]["answered"], passed["counts"]["requests"]) == (len(samples), len(samples))
        assert passed["results"]["metrics"]["exact_match"] == 1.0  # `teach` holds each answer to a margin
        assert alias(registry, MODEL, "champion") == first
        second = publish(tree, registry, models / "worse")
        failed = tree.run("letters/suite", code=1)
        assert (failed["verdicts"]["gate"], failed["inputs"]["model"]) == ("fail", f"{MODEL}/{second}")
        assert 0.4 < failed["results"]["metrics"]["exact_match"] < 0.8  # saved once it knew half of the answers
        assert alias(registry, MODEL, "champion") == first
        assert tags(registry, second)["dac.eval.letters.suite.verdict"] == "fail"
        call(registry, "registered-models/alias", "DELETE", name=MODEL, alias="candidate")
        output = tree.dac(*tree.run_command("letters/suite"), code=1)
        assert "the model registry says: " in output  # by load: nothing was served, and nothing asked


def small(tree: Tree) -> dict[str, Any]:
    """The size `small` with shards of forty samples."""
    facts: dict[str, Any] = yaml.safe_load((tree.folder / "standards/catalog/sizes.yaml").read_text())["small"]
    facts["settings"]["eval-suite"]["shard_samples"] = 40
    facts["pods"]["serve"]["parallelism"] = 2
    return facts
