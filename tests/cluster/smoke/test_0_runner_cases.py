"""The local runner's cases on the cluster's Argo: the same nodes, phases, messages, parameters and artifacts.

tests/runner holds the runner to the same expected.json. These come first, because the platform, once it is on the
cluster, lets no Workflow run that is not from a template. DAC_CASES=all runs every case; a seeded sample otherwise.
"""

import json
import os
import random
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest
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
def up_to(kube: Kube, outside: Outside, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Submits the cases up to a few after the given one: they wait for each other's pods, not for each other."""
    cases.prepare(kube, outside)
    order = chosen()
    waiting = deque(order)

    def submit(case: Path) -> None:
        for _ in range(order.index(case) + AHEAD - (len(order) - len(waiting))):
            if waiting:
                one = waiting.popleft()
                cases.submit(
                    kube, (one / "workflow.yaml").read_text(), tmp_path_factory.mktemp(one.name) / "document.yaml"
                )

    return submit


@pytest.mark.parametrize("case", chosen(), ids=lambda case: case.name)
def test_the_cluster_gives_what_the_runner_gives(kube: Kube, up_to: Callable[[Path], None], case: Path) -> None:
    up_to(case)
    expected = json.loads((case / "expected.json").read_text())
    name = next(iter(expected["nodes"])).split("[")[0].split("(")[0].split(".")[0]
    assert shape().of_status(name, cases.status(kube, name)) == expected
