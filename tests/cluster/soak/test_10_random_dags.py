"""Random workflows on the cluster and on the local runner: the same nodes, phases, messages, parameters, artifacts.

DAC_SEED chooses them and DAC_DAGS says how many (200). What differs is a defect of the runner, or a construct that it
has to refuse by name. One that fails is printed whole: `dac run -f FILE --host-commands` runs it again.
"""

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import cases
from harness.beside import generate, runner, shape
from harness.kube import Kube, Refused, say
from harness.outside import Outside
from harness.runs import DONE

SEED = int(os.environ.get("DAC_SEED", "20261124"))
COUNT = int(os.environ.get("DAC_DAGS", "200"))
SEEDS = random.Random(SEED).sample(range(1_000_000), COUNT)
AHEAD = 15  # so many are in the cluster at once
FOREVER = "nothing is left that could go on: Argo would wait forever"
ENDED = {*DONE, "Skipped", "Omitted"}
STILL = 20  # seconds without a change after which a run that waits forever is taken for one

# Once the platform is on the cluster, its executor runs as nobody in particular, and so does the pod then.
SAFE = {"runAsUser": 65532, "runAsNonRoot": True, "fsGroup": 65532}


def manifests(seed: int) -> str:
    """Return a seed's workflow as Strict wants it: a template, and a Workflow that refers to it."""
    workflow, *others = yaml.safe_load_all(generate().text(seed))
    spec = {**workflow["spec"], "securityContext": SAFE, "volumes": [{"name": "tmp", "emptyDir": {}}]}
    for template in spec["templates"]:
        for kind in {"container", "script"} & template.keys():
            template[kind]["volumeMounts"] = [{"name": "tmp", "mountPath": "/tmp"}]
    template = {**workflow, "kind": "WorkflowTemplate", "spec": spec}
    reference = {**workflow, "spec": {"workflowTemplateRef": {"name": workflow["metadata"]["name"]}}}
    return yaml.safe_dump_all([*others, template, reference], sort_keys=False, width=1000)


@pytest.fixture(scope="module")
def refused() -> dict[int, str]:
    """Collect what the cluster says of workflows that it does not take, by seed."""
    return {}


@pytest.fixture(scope="module")
def ahead(
    kube: Kube,
    outside: Outside,
    refused: dict[int, str],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> cases.Ahead[int]:
    cases.prepare(kube, outside)
    folder = tmp_path_factory.mktemp("random")

    def submit(seed: int) -> None:
        try:
            cases.submit(kube, manifests(seed), folder / f"{seed}.yaml")
        except Refused as fault:
            refused[seed] = str(fault)

    chosen = [item.callspec.params["seed"] for item in request.session.items if item.path == request.path]
    return cases.Ahead(chosen, AHEAD, submit)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_runner_gives_what_the_cluster_gives(
    kube: Kube, ahead: cases.Ahead[int], refused: dict[int, str], seed: int, tmp_path: Path
) -> None:
    name, text = f"random-{seed}", manifests(seed)
    ahead.up_to(seed)
    here = local(text, tmp_path)
    if seed in refused:
        assert here is None, f"the cluster refuses it: {refused[seed]}\n{text}"
        return
    assert here is not None, f"the runner refuses what the cluster runs\n{text}"
    if here["message"].startswith(FOREVER):
        # The runner says what the controller never will: there the run goes on, and no more comes of it.
        there = shape().of_status(name, stuck(kube, name))
        here |= {"phase": "Running", "message": ""}
        here["nodes"][name] |= {"phase": "Running", "message": ""}
    else:
        there = shape().of_status(name, cases.status(kube, name))
    forget(kube, seed)
    if there != here and there["phase"] in ("Failed", "Error"):
        there, here = finished(there, here)
    say("DAC_SEED=%d: %d nodes, %s", SEED, len(there["nodes"]), "the same" if there == here else "not the same")
    assert there == here, f"{differences(there, here)}\n{text}"


def forget(kube: Kube, seed: int) -> None:
    """Remove what was submitted."""
    for what in (f"workflow/random-{seed}", f"workflowtemplate/random-{seed}", f"configmap/limits-{seed}"):
        kube("-n", cases.NAMESPACE, "delete", what, "--wait=false", "--ignore-not-found")


def finished(there: dict[str, Any], here: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both records without what either left unfinished, and all below it.

    A task's error ends the tasks beside it where they stand: how far those came depends on which pod was faster.
    """
    cut = {name for record in (there, here) for name, node in record["nodes"].items() if node["phase"] not in ENDED}
    waiting = list(cut)
    while waiting:
        name = waiting.pop()
        below = {c for record in (there, here) for c in record["nodes"].get(name, {"children": []})["children"]} - cut
        cut |= below
        waiting += below
    kept = []
    for record in (there, here):
        nodes = {name: node for name, node in record["nodes"].items() if name not in cut}
        nodes = {
            name: node | {"children": [c for c in node["children"] if c not in cut]} for name, node in nodes.items()
        }
        kept.append(record | {"nodes": nodes})
    return kept[0], kept[1]


def local(text: str, folder: Path) -> dict[str, Any] | None:
    """Return what the local runner gives; None where it refuses."""
    from dac.run import Refused as NotHonoured

    try:
        return shape().of_record(runner().run_text(text, folder))
    except NotHonoured:
        return None


def stuck(kube: Kube, name: str) -> dict[str, Any]:
    """Return the status of a run in which all pods, if it came to any, have ended and nothing changes any more."""
    last, since = "", time.monotonic()

    def still() -> dict[str, Any] | None:
        nonlocal last, since
        status = kube.get("-n", cases.NAMESPACE, "workflow", name).get("status", {})
        pods = [node for node in status.get("nodes", {}).values() if node["type"] == "Pod"]
        seen = json.dumps(status, sort_keys=True)
        if seen != last or not all(pod["phase"] in DONE for pod in pods):
            last, since = seen, time.monotonic()
        return status if status.get("nodes") and time.monotonic() - since > STILL else None

    return kube.until(f"{name} to stand still", still, 600)


def differences(there: dict[str, Any], here: dict[str, Any]) -> str:
    """Field by field, what the cluster has and the runner has not, and the other way round."""
    lines = []
    for field in ("phase", "message", "outputs"):
        if there[field] != here[field]:
            lines.append(f"{field}: cluster {there[field]!r}, runner {here[field]!r}")
    for name in sorted(there["nodes"].keys() | here["nodes"].keys()):
        theirs, ours = there["nodes"].get(name), here["nodes"].get(name)
        if theirs is None or ours is None:
            lines.append(
                f"{name}: only {'the runner' if theirs is None else 'the cluster'} has it: {json.dumps(theirs or ours)}"
            )
            continue
        for field in theirs:
            if theirs[field] != ours[field]:
                lines.append(f"{name}.{field}: cluster {theirs[field]!r}, runner {ours[field]!r}")
    return "\n".join(lines)
