"""Random workflows on the cluster and on the local runner: the same nodes, phases, messages, parameters, artifacts.

DAC_SEED chooses them and DAC_DAGS says how many (200). What differs is a defect of the runner, or a construct that it
has to refuse by name. One that fails is printed whole: `dac run -f FILE --host-commands` runs it again. These come
first, because the platform, once it is on the cluster, lets no Workflow run that is not from a template.
"""

import json
import os
import random
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from harness import cases
from harness.beside import generate, runner, shape
from harness.kube import Kube, Refused, say
from harness.outside import Outside

SEED = int(os.environ.get("DAC_SEED", "20261124"))
COUNT = int(os.environ.get("DAC_DAGS", "200"))
SEEDS = random.Random(SEED).sample(range(1_000_000), COUNT)
AHEAD = 10  # so many are in the cluster at once


class Ahead:
    """Submits workflows a few ahead of the one that is looked at."""

    def __init__(self, kube: Kube, folder: Path, seeds: list[int]) -> None:
        self.kube, self.folder = kube, folder
        self.waiting = deque(seeds)
        self.refused: dict[int, str] = {}

    def up_to(self, seed: int) -> None:
        """Submits until `seed` and a few behind it are in the cluster."""
        # Is it there already, one goes for one that came.
        count = self.waiting.index(seed) + AHEAD if seed in self.waiting else 1
        for _ in range(min(count, len(self.waiting))):
            one = self.waiting.popleft()
            try:
                cases.submit(self.kube, generate().text(one), self.folder / f"{one}.yaml")
            except Refused as fault:
                self.refused[one] = str(fault)


@pytest.fixture(scope="module")
def ahead(
    kube: Kube, outside: Outside, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Ahead:
    cases.prepare(kube, outside)
    chosen = [item.callspec.params["seed"] for item in request.session.items if item.fspath == request.node.fspath]
    return Ahead(kube, tmp_path_factory.mktemp("random"), chosen)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_runner_gives_what_the_cluster_gives(kube: Kube, ahead: Ahead, seed: int, tmp_path: Path) -> None:
    name, text = f"random-{seed}", generate().text(seed)
    ahead.up_to(seed)
    here = local(text, tmp_path)
    if seed in ahead.refused:
        assert here is None, f"the cluster refuses it: {ahead.refused[seed]}\n{text}"
        return
    status = cases.status(kube, name)
    kube("-n", cases.NAMESPACE, "delete", "workflow", name, "--wait=false")
    kube("-n", cases.NAMESPACE, "delete", "configmap", f"limits-{seed}", "--ignore-not-found")
    assert here is not None, f"the runner refuses what the cluster runs\n{text}"
    there = shape().of_status(name, status)
    say("DAC_SEED=%d: %d nodes, %s", SEED, len(there["nodes"]), "the same" if there == here else "not the same")
    assert there == here, f"{differences(there, here)}\n{text}"


def local(text: str, folder: Path) -> dict[str, Any] | None:
    """What the local runner gives; None where it refuses."""
    from dac.run import Refused as NotHonoured

    try:
        return shape().of_record(runner().run_text(text, folder))
    except NotHonoured:
        return None


def differences(there: dict[str, Any], here: dict[str, Any]) -> str:
    """Field by field, what the cluster has and the runner has not, and the other way round."""
    lines = []
    for field in ("phase", "message", "outputs"):
        if there[field] != here[field]:
            lines.append(f"{field}: cluster {there[field]!r}, runner {here[field]!r}")
    for name in sorted(there["nodes"].keys() | here["nodes"].keys()):
        one, other = there["nodes"].get(name), here["nodes"].get(name)
        if one is None or other is None:
            lines.append(
                f"{name}: only {'the runner' if one is None else 'the cluster'} has it: {json.dumps(one or other)}"
            )
            continue
        for field in one:
            if one[field] != other[field]:
                lines.append(f"{name}.{field}: cluster {one[field]!r}, runner {other[field]!r}")
    return "\n".join(lines)
