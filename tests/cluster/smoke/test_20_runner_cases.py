"""The local runner's cases on the cluster's Argo: the same nodes, phases, messages, parameters and artifacts.

tests/runner holds the runner to the same expected.json. These come first, because the platform, once it is on the
cluster, lets no Workflow run that is not from a template. DAC_CASES=all runs every case; a seeded sample otherwise.
"""

import json
import os
import random
from pathlib import Path

import pytest
import yaml
from harness import cases
from harness.beside import shape
from harness.kube import Kube
from harness.organisation import ROOT
from harness.outside import Outside

CASES = sorted(file.parent for file in (ROOT / "tests/runner/cases").glob("*/workflow.yaml"))
SAMPLE = 8
AHEAD = 8  # so many are in the cluster at once: some have timeouts of seconds
SEED = int(os.environ.get("DAC_SEED", "20261124"))


def chosen() -> list[Path]:
    """All cases, or a sample of them."""
    return CASES if os.environ.get("DAC_CASES") == "all" else random.Random(SEED).sample(CASES, min(SAMPLE, len(CASES)))


@pytest.fixture(scope="module")
def ahead(kube: Kube, outside: Outside, tmp_path_factory: pytest.TempPathFactory) -> cases.Ahead[Path]:
    cases.prepare(kube, outside)
    folder = tmp_path_factory.mktemp("cases")

    def submit(case: Path) -> None:
        cases.submit(kube, (case / "workflow.yaml").read_text(), folder / f"{case.name}.yaml")

    return cases.Ahead(chosen(), AHEAD, submit)


@pytest.mark.parametrize("case", chosen(), ids=lambda case: case.name)
def test_the_cluster_gives_what_the_runner_gives(kube: Kube, ahead: cases.Ahead[Path], case: Path) -> None:
    ahead.up_to(case)
    expected = json.loads((case / "expected.json").read_text())
    name = next(yaml.safe_load_all((case / "workflow.yaml").read_text()))["metadata"]["name"]
    assert shape().of_status(name, cases.status(kube, name)) == expected
