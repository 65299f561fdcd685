"""Ways around the boundary that the other tests do not take, each refused in a dry run by the API server's own word.

`PERSON` may start runs; `ARGOCD` is Argo CD's account, which brings what was merged without policy; nobody at all is
the cluster's administrator.
"""

import json
import re
from typing import Any

import pytest
from harness.denial import ARGO, PERSON, made, pod_of, refused, workflow
from harness.kube import Kube
from harness.probe import SAFE
from harness.runs import Runs

ARGOCD = ("--as=system:serviceaccount:argocd:argocd-application-controller",)
DRY = "--dry-run=server"


@pytest.mark.parametrize(
    ("marks", "reason"),
    [
        ({"annotations": {"argocd.argoproj.io/tracking-id": "dac-platform:/Pod:docs/x"}}, "no mark of Argo CD"),
        ({"annotations": {"argocd.argoproj.io/hook": "PreSync"}}, "no mark of Argo CD"),
        ({"annotations": {"argocd.argoproj.io/sync-options": "Prune=false"}}, "no mark of Argo CD"),
        ({"labels": {"app.kubernetes.io/instance": "dac-platform"}}, "no mark of Argo CD"),
        ({"labels": {"workflows.argoproj.io/cron-workflow": "often"}}, "is its pipeline's name alone"),
        (
            {"labels": {"workflows.argoproj.io/controller-instanceid": "own"}},
            "written by the workflow controller alone",
        ),
        ({"labels": {"workflows.argoproj.io/completed": "true"}}, "written by the workflow controller alone"),
        ({"annotations": {"workflows.argoproj.io/no-such": "x"}}, "written by the workflow controller alone"),
        ({"finalizers": ["foregroundDeletion"]}, "finalizers of a run are written by the controllers alone"),
        (
            {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "search", "uid": "1"}]},
            # Two policies refuse it, and the server reports the one that it evaluated first.
            r"owned by its|the owner of this run is not the CronWorkflow search",
        ),
    ],
    ids=str,
)
def test_no_mark_on_a_run(kube: Kube, docs: Runs, marks: dict[str, Any], reason: str) -> None:
    crafted = workflow(docs)
    crafted["metadata"] |= marks
    assert re.search(reason, refused(kube, *PERSON, "create", DRY, "-f", "-", stdin=crafted))


@pytest.mark.parametrize(
    ("name", "value"),
    [("accept", "9" * 10), ("commit", "0" * 39 + "\0"), ("pipeline", "\u0455earch"), ("size", "small\n"), ("size", "")],
)
def test_no_value_beyond_its_pattern(kube: Kube, docs: Runs, name: str, value: str) -> None:
    held = workflow(docs)["spec"]["arguments"]["parameters"]
    parameters = [*(each for each in held if each["name"] != name), {"name": name, "value": value}]
    crafted = workflow(docs, arguments={"parameters": parameters})
    assert "denied request: " in refused(kube, *PERSON, "create", DRY, "-f", "-", stdin=crafted)


def test_no_state_by_another_way_of_writing(kube: Kube, docs: Runs) -> None:
    """Server-side apply as another's field manager, and JSON Patch, are writes like any other."""
    crafted = workflow(docs)
    crafted["metadata"] = {"name": "search-crafted", "namespace": "docs"}
    crafted["status"] = {"storedWorkflowTemplateSpec": {"entrypoint": "main"}}
    words = (*PERSON, "apply", "--server-side", "--field-manager=argocd-controller", DRY, "-f", "-")
    assert "the status of a run is written by" in refused(kube, *words, stdin=crafted)
    runs = [each["metadata"]["name"] for each in kube.get("-n", "docs", "workflows")["items"]]
    run = runs[-1] if runs else docs.start()
    for patch in (
        {"op": "add", "path": "/status", "value": {"phase": "Running"}},
        {"op": "replace", "path": "/spec/workflowTemplateRef/name", "value": "other"},
        {"op": "add", "path": "/metadata/annotations", "value": {"argocd.argoproj.io/tracking-id": "x"}},
        {"op": "remove", "path": "/metadata/ownerReferences"},
    ):
        words = (*PERSON, "-n", "docs", "patch", "workflow", run, "--type=json", DRY, "-p", json.dumps([patch]))
        assert "denied request: " in refused(kube, *words), patch


@pytest.mark.parametrize("controller", ["job-controller", "replicaset-controller", "daemon-set-controller"])
def test_no_pod_by_way_of_another_controller(kube: Kube, docs: Runs, image: str, controller: str) -> None:
    """A Job may be made with `edit`; its pods may not, nor those of a ReplicaSet without its label."""
    who = f"--as=system:serviceaccount:kube-system:{controller}"
    own = "made and changed by the workflow controller alone"
    assert own in refused(
        kube, who, "--as-group=system:masters-not", "create", DRY, "-f", "-", stdin=pod_of(image, SAFE)
    )


@pytest.mark.parametrize("kind", ["WorkflowTaskSet", "WorkflowArtifactGCTask"])
def test_no_report_by_an_administrator_either(kube: Kube, docs: Runs, kind: str) -> None:
    message = refused(kube, "create", DRY, "-f", "-", stdin=made(kind, ARGO, spec={}))
    assert "the outputs of a step are reported by its executor alone" in message


def test_no_event_starts_a_run_of_ones_own(kube: Kube, docs: Runs) -> None:
    event = {"event": {"selector": "true"}, "submit": {"workflowTemplateRef": {"name": "x"}}}
    message = refused(kube, "create", DRY, "-f", "-", stdin=made("WorkflowEventBinding", ARGO, spec=event))
    assert "a project has no templates of its own" in message


@pytest.mark.parametrize(
    "marks",
    [
        {"annotations": {"argocd.argoproj.io/hook": "PreSync"}},
        {"annotations": {"argocd.argoproj.io/sync-wave": "-5"}},
        {"annotations": {"argocd.argoproj.io/compare-options": "IgnoreExtraneous"}},
        {"annotations": {"argocd.argoproj.io/ignore-healthcheck": "true"}},
        {"labels": {"workflows.argoproj.io/controller-instanceid": "own"}},
        {"finalizers": ["example.com/keep"]},
    ],
    ids=str,
)
def test_argo_cd_brings_no_steering_mark(kube: Kube, docs: Runs, marks: dict[str, Any]) -> None:
    cron = kube.get("-n", "docs", "cronworkflow", "search")
    name = {"name": "search", "namespace": "docs"}
    crafted = {"apiVersion": ARGO, "kind": "CronWorkflow", "metadata": {**name, **marks}, "spec": cron["spec"]}
    words = (
        *ARGOCD,
        "apply",
        "--server-side",
        "--force-conflicts",
        "--field-manager=argocd-controller",
        DRY,
        "-f",
        "-",
    )
    assert "denied request: " in refused(kube, *words, stdin=crafted)


def test_argo_cd_takes_no_label_off_a_projects_namespace(kube: Kube, docs: Runs) -> None:
    for label in ("dac.dev/project", "pod-security.kubernetes.io/enforce"):
        patch = json.dumps({"metadata": {"labels": {label: None}}})
        message = refused(kube, *ARGOCD, "patch", "namespace", "docs", "--type=merge", DRY, "-p", patch)
        assert "denied request: " in message
