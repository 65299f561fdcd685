"""What the built-in role `edit` lets nobody do in a project's namespace: each is refused by the API server's own word.

`HELPER` holds that role, by mistake.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from harness.denial import IN_DOCS, made, pod_of, refused
from harness.kube import Kube
from harness.probe import SAFE
from harness.runs import Runs

HELPER = ("--as=helper", "--as-group=system:authenticated")
DRY = "--dry-run=server"
MERGED = "change by a merge, and Argo CD brings them"
RBAC = "rbac.authorization.k8s.io"
DEPLOYMENT = {
    "selector": {"matchLabels": {"dac.dev/service": "search-own"}},
    "template": {
        "metadata": {"labels": {"dac.dev/service": "search-own"}},
        "spec": {"containers": [{"name": "main", "image": "local.test/busybox:1"}]},
    },
}
BACKEND = {"kind": "Secret", "name": "objects"}
TOKEN = {"annotations": {"kubernetes.io/service-account.name": "executor"}, **IN_DOCS}


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


@pytest.fixture(scope="module")
def workloads(kube: Kube, docs: Runs) -> Iterator[list[str]]:
    """Make a Deployment without pods, as a merge would, and return it and its ReplicaSet."""
    kube("create", "-f", "-", stdin=json.dumps(made("Deployment", "apps/v1", spec={**DEPLOYMENT, "replicas": 0})))
    chosen = ("-n", "docs", "replicasets", "-l", "dac.dev/service=search-own")
    (replicas,) = kube.until("the ReplicaSet of a Deployment", lambda: kube.get(*chosen)["items"])
    yield ["deployment/attack", f"replicaset/{replicas['metadata']['name']}"]
    kube("-n", "docs", "delete", "deployment", "attack", "--wait=false")


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


def test_the_role_edit_changes_scales_and_deletes_no_workload(kube: Kube, docs: Runs, workloads: list[str]) -> None:
    label, pod = (json.dumps(part) for part in ({"metadata": {"labels": {"own": "label"}}}, {"spec": {"replicas": 1}}))
    for what in workloads:
        patch = (*HELPER, "-n", "docs", "patch", what, "--type=merge", DRY)
        assert MERGED in refused(kube, *patch, "-p", label)
        assert MERGED in refused(kube, *patch, "--subresource=scale", "-p", pod)
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
