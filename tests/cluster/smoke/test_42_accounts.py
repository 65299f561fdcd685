"""What the accounts that the policies name may do, beside whoever RBAC would let do the same.

The controllers, Argo CD and administrators are spared by a condition or a list of a policy. `CARRIER` has every right
in the project's namespace, and is none of them.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from harness.denial import ARGO, EXECUTOR, PERSON, pod_of, workflow
from harness.kube import Kube, Refused
from harness.probe import SAFE
from harness.runs import Runs

CARRIER = ("--as=carrier", "--as-group=system:authenticated")
CONTROLLER = ("--as=system:serviceaccount:argo:argo", "--as-group=system:masters")  # its name is what counts
ARGOCD = ("--as=system:serviceaccount:argocd:argocd-application-controller",)
DRY = "--dry-run=server"
MERGED = "change by a merge, and Argo CD brings them"
REPORTED = "the outputs of a step are reported by its executor alone"
STEERED = ("cronworkflows.argoproj.io/last-used-schedule", "workflows.argoproj.io/title")
RBAC = "rbac.authorization.k8s.io"


@pytest.fixture(scope="module", autouse=True)
def carrier(kube: Kube, docs: Runs) -> Iterator[None]:
    about = {"name": "carrier", "namespace": "docs"}
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
    user = {"apiGroup": RBAC, "kind": "User", "name": "carrier"}
    bound = {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": about, "roleRef": role, "subjects": [user]}
    kube.apply(json.dumps(bound))
    yield
    kube("-n", "docs", "delete", "rolebinding", "carrier")


def refused(kube: Kube, *words: str, stdin: object = None) -> str:
    with pytest.raises(Refused) as error:
        kube(*words, stdin=None if stdin is None else json.dumps(stdin))
    return str(error.value)


def patch(what: str, change: dict[str, Any], *more: str) -> tuple[str, ...]:
    return ("-n", "docs", "patch", *what.split("/"), "--type=merge", "-p", json.dumps(change), *more)


@pytest.mark.parametrize(
    "what",
    [
        "configmap/endpoints",
        "cronworkflow/search",
        "limitrange/containers",
        "networkpolicy/deny-all",
        "resourcequota/budget",
        "role/executor",
        "rolebinding/team",
        "serviceaccount/rag-indexing",
    ],
)
def test_nothing_that_steers_is_written_whatever_rbac_says(kube: Kube, docs: Runs, what: str) -> None:
    held = kube.get("-n", "docs", *what.split("/"))
    made = {**held, "metadata": {"name": held["metadata"]["name"], "namespace": "docs"}}
    made.pop("status", None)
    assert MERGED in refused(kube, *CARRIER, "create", DRY, "-f", "-", stdin=made)
    assert MERGED in refused(kube, *CARRIER, *patch(what, {"metadata": {"labels": {"own": "label"}}}, DRY))
    assert MERGED in refused(kube, *CARRIER, "-n", "docs", "delete", *what.split("/"), DRY)


def test_the_token_of_the_executor_is_not_changed_and_other_secrets_are(kube: Kube, docs: Runs) -> None:
    change = {"metadata": {"annotations": {"kubernetes.io/service-account.name": "executor", "own": "x"}}}
    message = refused(kube, *CARRIER, *patch("secret/executor.service-account-token", change, DRY))
    assert "tokens of a project's accounts are made by a merge" in message
    about = {"name": "own", "namespace": "docs"}
    own = {"apiVersion": "v1", "kind": "Secret", "metadata": about, "stringData": {"key": "value"}}
    kube(*CARRIER, "create", DRY, "-f", "-", stdin=json.dumps(own))


RESULT, SET, COLLECTION = "workflowtaskresult", "workflowtaskset", "workflowartifactgctask"


@pytest.fixture(scope="module")
def reports(kube: Kube, docs: Runs) -> Iterator[None]:
    """Have the executor report a result, and the controller ask for a set of tasks and for a collection."""
    for who, kind, more in (
        (EXECUTOR, "WorkflowTaskResult", {}),
        (CONTROLLER, "WorkflowTaskSet", {"spec": {}}),
        (CONTROLLER, "WorkflowArtifactGCTask", {"spec": {}}),
    ):
        made = {"apiVersion": ARGO, "kind": kind, "metadata": {"name": "reported", "namespace": "docs"}, **more}
        kube(*who, "create", "-f", "-", stdin=json.dumps(made))
    yield
    for kind in (RESULT, SET, COLLECTION):
        kube(*CONTROLLER, "-n", "docs", "delete", kind, "reported")


@pytest.mark.parametrize(
    ("what", "change", "part"),
    [
        (RESULT, {"outputs": {"parameters": [{"name": "a", "value": "forged"}]}}, ""),
        (SET, {"spec": {"tasks": {}}}, ""),
        (SET, {"status": {"nodes": {}}}, "--subresource=status"),
        (COLLECTION, {"spec": {"artifactsByNode": {}}}, ""),
        (COLLECTION, {"status": {"artifactResultsByNode": {}}}, "--subresource=status"),
    ],
)
def test_no_report_is_changed(kube: Kube, docs: Runs, reports: None, what: str, change: object, part: str) -> None:
    assert isinstance(change, dict)
    words = patch(f"{what}/reported", change, DRY, *([part] if part else []))
    assert REPORTED in refused(kube, *CARRIER, *words)
    kube(*CONTROLLER, *words)


@pytest.fixture(scope="module")
def run(kube: Kube, docs: Runs) -> Iterator[str]:
    """Start a run, end it, and mark it as the controllers do."""
    name = docs.start()
    kube(*PERSON, *patch(f"workflow/{name}", {"spec": {"shutdown": "Terminate"}}))
    labels = {"workflows.argoproj.io/mark": "theirs", "app.kubernetes.io/instance": "dac"}
    annotations = {"workflows.argoproj.io/mark": "theirs"}
    marks = {"labels": labels, "annotations": annotations, "finalizers": ["example.com/kept"]}
    kube(*CONTROLLER, *patch(f"workflow/{name}", {"metadata": marks, "status": {"progress": "8/9"}}))
    yield name
    kube(*CONTROLLER, *patch(f"workflow/{name}", {"metadata": {"finalizers": None}}))
    kube(*CONTROLLER, "-n", "docs", "delete", "workflow", name, "--wait=false")


def test_a_person_ends_a_run_that_bears_the_controllers_marks(kube: Kube, docs: Runs, run: str) -> None:
    kube(*PERSON, *patch(f"workflow/{run}", {"spec": {"shutdown": "Stop"}}, DRY))


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"labels": {"workflows.argoproj.io/mark": None}}},
        {"metadata": {"labels": {"workflows.argoproj.io/mark": "other"}}},
        {"metadata": {"labels": {"workflows.argoproj.io/cron-workflow": "search2"}}},
        {"metadata": {"labels": {"app.kubernetes.io/instance": "other"}}},
        {"metadata": {"annotations": {"workflows.argoproj.io/mark": None}}},
        {"metadata": {"annotations": {"workflows.argoproj.io/mark": "other"}}},
        {"metadata": {"annotations": {"argocd.argoproj.io/hook": "Sync"}}},
        {"metadata": {"finalizers": None}},
        {"metadata": {"finalizers": ["example.com/kept", "example.com/more"]}},
        {"metadata": {"ownerReferences": None}},
        {"status": None},
        {"status": {"progress": "9/9"}},
        {"spec": {"shutdown": "Stop", "suspend": True}},
        {"spec": {"arguments": None}},
        {"spec": {"workflowTemplateRef": {"clusterScope": False}}},
    ],
    ids=json.dumps,
)
def test_a_person_changes_no_mark_of_a_run(kube: Kube, docs: Runs, run: str, change: dict[str, Any]) -> None:
    assert "denied request: " in refused(kube, *PERSON, *patch(f"workflow/{run}", change, DRY))


def test_the_controller_writes_what_a_person_may_not(kube: Kube, docs: Runs, run: str, image: str) -> None:
    kube(*CONTROLLER, *patch(f"workflow/{run}", {"status": {"progress": "9/9"}}, DRY))
    kube(*CONTROLLER, *patch(f"workflow/{run}", {"spec": {"suspend": True}}, DRY))
    kube(*CONTROLLER, *patch("cronworkflow/search", {"status": {"phase": "Active"}}, DRY))
    kube(*CONTROLLER, "create", DRY, "-f", "-", stdin=json.dumps(pod_of(image, SAFE)))
    # What was merged a moment ago: the pipeline has changed since its run was due.
    held = workflow(docs)
    for parameter in held["spec"]["arguments"]["parameters"]:
        if parameter["name"] == "notify":
            parameter["value"] = "#before"
    kube(*CONTROLLER, "create", DRY, "-f", "-", stdin=json.dumps(held))


def test_a_run_says_when_it_was_due_and_is_owned_by_its_own_pipeline(kube: Kube, docs: Runs) -> None:
    made = workflow(docs)
    made["metadata"]["annotations"] = {"workflows.argoproj.io/scheduled-time": "2026-11-28T00:00:00Z"}
    kube(*PERSON, "create", DRY, "-f", "-", stdin=json.dumps(made))
    owner = {
        "apiVersion": ARGO,
        "kind": "CronWorkflow",
        "name": "search",
        "uid": "00000000-0000-4000-8000-000000000000",
    }
    made["metadata"]["ownerReferences"] = [owner]
    message = refused(kube, *PERSON, "create", DRY, "-f", "-", stdin=made)
    assert "denied request: the owner of this run is not the CronWorkflow search" in message


@pytest.mark.parametrize("account", ["executor", "default"])
def test_no_pod_as_another_account_whoever_makes_it(kube: Kube, docs: Runs, image: str, account: str) -> None:
    """The executor's may report the outputs of any step."""
    made = pod_of(image, SAFE)
    made["spec"]["serviceAccountName"] = account
    message = refused(kube, *CONTROLLER, "create", DRY, "-f", "-", stdin=made)
    assert "denied request: a project's pods run as " in message


def test_argo_cd_brings_a_pipeline_again_that_its_controllers_have_marked(kube: Kube, docs: Runs) -> None:
    marks = {"annotations": dict.fromkeys(STEERED, "x"), "labels": {"workflows.argoproj.io/test": "x"}}
    kube(*CONTROLLER, *patch("cronworkflow/search", {"metadata": marks}))
    held = kube.get("-n", "docs", "cronworkflow", "search")
    brought = {"name": "search", "namespace": "docs", "annotations": {"argocd.argoproj.io/tracking-id": "docs:x"}}
    made = {"apiVersion": ARGO, "kind": "CronWorkflow", "metadata": brought, "spec": held["spec"]}
    words = ("apply", "--server-side", "--force-conflicts", "--field-manager=argocd-controller", DRY, "-f", "-")
    kube(*ARGOCD, *words, stdin=json.dumps(made))
    message = refused(
        kube, *ARGOCD, *patch("cronworkflow/search", {"metadata": {"annotations": {STEERED[0]: "y"}}}, DRY)
    )
    assert f"a project may not set {STEERED[0]}, which a controller acts on" in message


def test_an_administrator_may_take_a_namespace_out_and_others_are_nobodys(kube: Kube, docs: Runs) -> None:
    words = ("--type=merge", "-p", json.dumps({"metadata": {"labels": {"dac.dev/project": None}}}), DRY)
    kube("patch", "namespace", "docs", *words)
    other = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "of-nobody"}}
    kube(*ARGOCD, "create", DRY, "-f", "-", stdin=json.dumps(other))
