"""The local runner's cases on the cluster's Argo: the same nodes, phases, messages, parameters and artifacts.

tests/runner holds the runner to the same expected.json. These come first, because the platform, once it is on the
cluster, lets no Workflow run that is not from a template. DAC_CASES=all runs every case; a seeded sample otherwise.
"""

import importlib.util
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from harness.kube import Kube
from harness.organisation import ROOT
from harness.outside import Outside
from harness.runs import DONE

CASES = sorted(file.parent for file in (ROOT / "tests/runner/cases").glob("*/workflow.yaml"))
# What a cluster cannot give the same way: a suspended node that nobody resumes.
WAITING = {"suspend"}
SAMPLE = 8
SEED = int(os.environ.get("DAC_SEED", "20261124"))
NAMESPACE = "cases"
IMAGE = os.environ.get("DAC_BUSYBOX_IMAGE", "local.test/busybox:1")


def chosen() -> list[Path]:
    """All cases, or a sample of them."""
    cases = [case for case in CASES if case.name not in WAITING]
    return cases if os.environ.get("DAC_CASES") == "all" else random.Random(SEED).sample(cases, min(SAMPLE, len(cases)))


@pytest.fixture(scope="module")
def started(kube: Kube, outside: Outside, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every chosen case, submitted at once: they wait for each other's pods, not for each other."""
    kube.apply(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}))
    keys = {"accesskey": outside.key, "secretkey": outside.secret}
    about = {"namespace": NAMESPACE}
    repository = {
        "bucket": "dac-workflows",
        "endpoint": outside.objects.removeprefix("http://"),
        "insecure": True,
        "accessKeySecret": {"name": "objects", "key": "accesskey"},
        "secretKeySecret": {"name": "objects", "key": "secretkey"},
    }
    rules = [{"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]}]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "executor"}
    who = [{"kind": "ServiceAccount", "name": "default", "namespace": NAMESPACE}]
    default = {"workflows.argoproj.io/default-artifact-repository": "main"}
    for kind, version, rest in (
        ("Secret", "v1", {"metadata": {**about, "name": "objects"}, "stringData": keys}),
        (
            "ConfigMap",
            "v1",
            {
                "metadata": {**about, "name": "artifact-repositories", "annotations": default},
                "data": {"main": json.dumps({"s3": repository})},
            },
        ),
        ("Role", "rbac.authorization.k8s.io/v1", {"metadata": {**about, "name": "executor"}, "rules": rules}),
        (
            "RoleBinding",
            "rbac.authorization.k8s.io/v1",
            {"metadata": {**about, "name": "executor"}, "roleRef": role, "subjects": who},
        ),
    ):
        kube.apply(json.dumps({"apiVersion": version, "kind": kind, **rest}))
    for case in chosen():
        text = (case / "workflow.yaml").read_text().replace("image: busybox", f'image: "{IMAGE}"')
        for document in text.split("\n---\n"):
            submit(kube, document, tmp_path_factory.mktemp(case.name) / "document.yaml")


def submit(kube: Kube, document: str, file: Path) -> None:
    """Creates one object of a case; Argo's by Argo's client, which takes a number where the API server wants text."""
    file.write_text(document)
    if "kind: Workflow\n" in document:
        kube.argo("submit", "-n", NAMESPACE, str(file))
    elif "kind: WorkflowTemplate\n" in document:
        kube.argo("template", "create", "-n", NAMESPACE, str(file))
    else:
        kube("-n", NAMESPACE, "create", "-f", str(file))


@pytest.mark.parametrize("case", chosen(), ids=lambda case: case.name)
def test_the_cluster_gives_what_the_runner_gives(kube: Kube, started: None, case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    name = next(iter(expected["nodes"])).split("[")[0].split("(")[0].split(".")[0]

    def ended() -> dict[str, Any] | None:
        found = kube.get("-n", NAMESPACE, "workflow", name)
        return found if found.get("status", {}).get("phase") in DONE else None

    status = kube.until(f"{name} to end", ended, 600)["status"]
    assert shape().of_status(name, status) == expected


def shape() -> Any:
    """tests/runner/shape.py, which says what of a run is compared."""
    found = importlib.util.spec_from_file_location("shape", ROOT / "tests/runner/shape.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
