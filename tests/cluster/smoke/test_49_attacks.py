"""Ways around the boundary that the other tests do not take, each refused in a dry run by the API server's own word.

`PERSON` may start runs; `HELPER` holds the built-in role `edit` in the project's namespace, by mistake; `ARGOCD` is
Argo CD's account, which brings what was merged without policy; nobody at all is the cluster's administrator.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from harness.denial import ARGO, PERSON, pod_of, workflow
from harness.kube import Kube, Refused
from harness.probe import SAFE
from harness.runs import Runs

HELPER = ("--as=helper", "--as-group=system:authenticated")
ARGOCD = ("--as=system:serviceaccount:argocd:argocd-application-controller",)
DRY = "--dry-run=server"
MERGED = "change by a merge, and Argo CD brings them"
IN_DOCS = {"namespace": "docs", "name": "attack"}


RBAC = "rbac.authorization.k8s.io"


def bound(name: str, kind: str) -> dict[str, Any]:
    """Return what gives the helper a role in the project's namespace."""
    about = {"name": name, "namespace": "docs"}
    held = {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": about}
    held["roleRef"] = {"apiGroup": RBAC, "kind": kind, "name": name}
    return held | {"subjects": [{"apiGroup": RBAC, "kind": "User", "name": "helper"}]}


@pytest.fixture(scope="module", autouse=True)
def editor(kube: Kube, docs: Runs) -> Iterator[None]:
    """Give the helper the role `edit`, and one by which pods are debugged and resized."""
    about = {"name": "debug", "namespace": "docs"}
    rules = [{"apiGroups": [""], "resources": ["pods/ephemeralcontainers", "pods/resize"], "verbs": ["*"]}]
    debug = {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": about, "rules": rules}
    for each in (bound("edit", "ClusterRole"), debug, bound("debug", "Role")):
        kube.apply(json.dumps(each))
    yield
    kube("-n", "docs", "delete", "rolebinding/edit", "rolebinding/debug", "role/debug")


@pytest.fixture(scope="module")
def pod(kube: Kube, docs: Runs, image: str) -> Iterator[str]:
    """Make a pod as the controller would, whose image is the catalog's."""
    made = pod_of(image, SAFE)
    made["metadata"]["name"] = "attacked"
    made["spec"]["containers"][0]["command"] = ["python", "-c", "import time; time.sleep(600)"]
    kube("create", "-f", "-", stdin=json.dumps(made))
    yield "attacked"
    kube("-n", "docs", "delete", "pod", "attacked", "--wait=false")


def refused(kube: Kube, *words: str, stdin: object = None) -> str:
    """Return why the API server refuses a request."""
    with pytest.raises(Refused) as error:
        kube(*words, stdin=None if stdin is None else json.dumps(stdin))
    return str(error.value)


def made(kind: str, api: str = "v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": IN_DOCS, **fields}


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


DEPLOYMENT = {
    "selector": {"matchLabels": {"dac.dev/service": "search-own"}},
    "template": {
        "metadata": {"labels": {"dac.dev/service": "search-own"}},
        "spec": {"containers": [{"name": "main", "image": "local.test/busybox:1"}]},
    },
}
BACKEND = {"kind": "Secret", "name": "objects"}
TOKEN = {"annotations": {"kubernetes.io/service-account.name": "executor"}, **IN_DOCS}


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        (
            {**made("Secret", type="kubernetes.io/service-account-token"), "metadata": TOKEN},
            "tokens of a project's accounts are made by a merge",
        ),
        (made("NetworkPolicy", "networking.k8s.io/v1", spec={"podSelector": {}, "egress": [{}]}), MERGED),
        (made("ConfigMap", data={"objects": "http://evil"}), MERGED),
        (made("ServiceAccount"), MERGED),
        (made("Service", spec={"externalIPs": ["192.0.2.1"], "ports": [{"port": 443}]}), MERGED),
        (made("Deployment", "apps/v1", spec=DEPLOYMENT), MERGED),
        (made("ReplicaSet", "apps/v1", spec=DEPLOYMENT), MERGED),
        (made("Ingress", "networking.k8s.io/v1", spec={"defaultBackend": {"resource": BACKEND}}), MERGED),
        (made("Role", "rbac.authorization.k8s.io/v1", rules=[]), "cannot create resource"),
        (made("ResourceQuota", spec={"hard": {}}), "cannot create resource"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_the_role_edit_makes_nothing_that_steers(kube: Kube, docs: Runs, manifest: dict[str, Any], reason: str) -> None:
    assert reason in refused(kube, *HELPER, "create", DRY, "-f", "-", stdin=manifest)


@pytest.mark.parametrize(
    "what", ["configmap/endpoints", "configmap/limits", "configmap/catalog-registered-models", "networkpolicy/deny-all"]
)
def test_the_role_edit_changes_and_deletes_nothing_that_steers(kube: Kube, docs: Runs, what: str) -> None:
    patch = json.dumps({"metadata": {"labels": {"own": "label"}}})
    assert MERGED in refused(kube, *HELPER, "-n", "docs", "patch", what, "--type=merge", DRY, "-p", patch)
    assert MERGED in refused(kube, *HELPER, "-n", "docs", "delete", what, DRY)


@pytest.mark.parametrize("account", ["executor", "rag-indexing", "default"])
def test_the_role_edit_gets_no_token_of_an_account(kube: Kube, docs: Runs, account: str) -> None:
    spec = {"audiences": ["sts.amazonaws.com"]}
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    path = f"/api/v1/namespaces/docs/serviceaccounts/{account}/token"
    assert MERGED in refused(kube, *HELPER, "create", "--raw", path, "-f", "-", stdin=request)


@pytest.mark.parametrize("way", ["exec?command=id", "attach?stdin=true", "portforward?ports=80", "proxy"])
def test_the_role_edit_enters_no_pod(kube: Kube, docs: Runs, pod: str, way: str) -> None:
    path = f"/api/v1/namespaces/docs/pods/{pod}/{way}"
    message = refused(kube, *HELPER, "create", "--raw", path, "-f", "-", stdin={})
    assert "nobody but an administrator enters a project's pods" in message


def test_the_role_edit_changes_no_pod(kube: Kube, docs: Runs, pod: str, image: str) -> None:
    where = (*HELPER, "-n", "docs", "patch", "pod", pod, DRY)
    debugger = {"spec": {"ephemeralContainers": [{"name": "debug", "image": image, "securityContext": SAFE}]}}
    words = ("--subresource=ephemeralcontainers", "--type=strategic", "-p", json.dumps(debugger))
    own = "made and changed by the workflow controller alone"
    assert own in refused(kube, *where, *words)
    other = {"spec": {"containers": [{"name": "main", "image": "local.test/busybox:1"}]}}
    assert own in refused(kube, *where, "--type=strategic", "-p", json.dumps(other))
    more = {"spec": {"containers": [{"name": "main", "resources": {"requests": {"cpu": "60m"}}}]}}
    assert own in refused(kube, *where, "--subresource=resize", "--type=strategic", "-p", json.dumps(more))


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
