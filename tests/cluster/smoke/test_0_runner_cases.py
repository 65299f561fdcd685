"""The local runner's cases on the cluster's Argo: the same nodes, phases, messages, parameters and artifacts.

tests/runner holds the runner to the same expected.json. These come first, because the platform, once it is on the
cluster, lets no Workflow run that is not from a template. DAC_CASES=all runs every case; a seeded sample otherwise.
"""

import json
import os
import random
from pathlib import Path

import pytest
from harness import cases
from harness.beside import shape
from harness.kube import Kube
from harness.organisation import ROOT
from harness.outside import Outside

CASES = sorted(file.parent for file in (ROOT / "tests/runner/cases").glob("*/workflow.yaml"))
SAMPLE = 8
SEED = int(os.environ.get("DAC_SEED", "20261124"))


def chosen() -> list[Path]:
    """All cases, or a sample of them."""
    return CASES if os.environ.get("DAC_CASES") == "all" else random.Random(SEED).sample(CASES, min(SAMPLE, len(CASES)))


@pytest.fixture(scope="module")
def started(kube: Kube, outside: Outside, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every chosen case, submitted at once: they wait for each other's pods, not for each other."""
    cases.prepare(kube, outside)
    for case in chosen():
        cases.submit(kube, (case / "workflow.yaml").read_text(), tmp_path_factory.mktemp(case.name) / "document.yaml")


@pytest.mark.parametrize("case", chosen(), ids=lambda case: case.name)
def test_the_cluster_gives_what_the_runner_gives(kube: Kube, started: None, case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    name = next(iter(expected["nodes"])).split("[")[0].split("(")[0].split(".")[0]
    assert shape().of_status(name, cases.status(kube, name)) == expected
