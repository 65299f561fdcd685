"""What a project may not do, tried in the cluster by those who would: a person of its team, its pods, its folder."""

import json
from typing import Any

import pytest
from harness.kube import Kube, Refused
from harness.organisation import Organisation
from harness.outside import Outside
from harness.runs import Runs

PERSON = ("--as=somebody", "--as-group=dac:team-docs", "--as-group=system:authenticated")
PODS = ("--as=system:serviceaccount:docs:rag-indexing",)
ARGO = "argoproj.io/v1alpha1"
BUSYBOX = {"name": "main", "image": "local.test/busybox:1"}
SAFE = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def refusal(kube: Kube, who: tuple[str, ...], manifest: dict[str, Any]) -> str:
    """What the cluster says to somebody who creates an object; a dry run, so that nothing is left if it is let in."""
    with pytest.raises(Refused) as said:
        kube(*who, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(manifest))
    return str(said.value)


def workflow(docs: Runs, **spec: Any) -> dict[str, Any]:
    """A Workflow as `argo submit --from` makes it of the pipeline, with something of one's own."""
    held = docs.kube.get("-n", "docs", "cronworkflow", "search")["spec"]["workflowSpec"]
    about = {"generateName": "search-", "namespace": "docs"}
    return {"apiVersion": ARGO, "kind": "Workflow", "metadata": about, "spec": {**held, **spec}}


def test_the_team_may_start_its_pipeline(kube: Kube, docs: Runs) -> None:
    kube(*PERSON, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(workflow(docs)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("entrypoint", "publish"),
        ("podGC", {"strategy": "OnWorkflowCompletion"}),
        ("activeDeadlineSeconds", 999999),
        ("serviceAccountName", "default"),
        ("onExit", "embed"),
        ("podSpecPatch", '{"containers":[{"name":"main","image":"evil"}]}'),
        ("securityContext", {"runAsUser": 0}),
        ("templateDefaults", {"container": {"image": "evil"}}),
        ("hostNetwork", True),
        ("volumes", [{"name": "host", "hostPath": {"path": "/"}}]),
        ("synchronization", {"mutexes": []}),
    ],
)
def test_no_field_but_the_arguments(kube: Kube, docs: Runs, field: str, value: object) -> None:
    said = refusal(kube, PERSON, workflow(docs, **{field: value}))
    assert f"denied request: a project may not set {field} of a run; that is the template's" in said


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("size", '1"}},"image":"evil', "not within the pattern of the standard: size"),
        ("model", "{{workflow.name}}", "not within the pattern of the standard: model"),
        ("source", "s3://docs/a$(touch x)", "not within the pattern of the standard: source"),
        ("image", "evil", "the template has no parameter image"),
    ],
)
def test_no_crafted_argument(kube: Kube, docs: Runs, name: str, value: str, reason: str) -> None:
    said = refusal(kube, PERSON, workflow(docs, arguments={"parameters": [{"name": name, "value": value}]}))
    assert f"denied request: {reason}" in said


def test_no_argument_from_elsewhere(kube: Kube, docs: Runs) -> None:
    crafted = {"name": "size", "valueFrom": {"configMapKeyRef": {"name": "endpoints", "key": "objects"}}}
    said = refusal(kube, PERSON, workflow(docs, arguments={"parameters": [crafted]}))
    assert "denied request: a parameter has a name and a text as its value, and nothing else" in said


def test_no_workflow_or_template_of_its_own(kube: Kube, docs: Runs) -> None:
    spec = {"entrypoint": "main", "templates": [{"name": "main", "container": BUSYBOX}]}
    own = {"apiVersion": ARGO, "metadata": {"name": "own", "namespace": "docs"}, "spec": spec}
    said = refusal(kube, PERSON, {**own, "kind": "Workflow"})
    assert "denied request: a project may not set " in said
    assert "templates" in said
    # Even whoever is let by RBAC to write one, an administrator by mistake, may not put it into a project's namespace.
    said = refusal(kube, (), {**own, "kind": "WorkflowTemplate"})
    assert "denied request: a project has no templates of its own" in said
    said = refusal(kube, PERSON, workflow(docs, workflowTemplateRef={"name": "own"}))
    assert "denied request: a run comes from a template of the platform" in said


def test_nothing_elsewhere_in_the_cluster(kube: Kube, docs: Runs) -> None:
    elsewhere = workflow(docs)
    elsewhere["metadata"]["namespace"] = "outside"
    assert 'cannot create resource "workflows"' in refusal(kube, PERSON, elsewhere)
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "own"}}
    assert 'cannot create resource "clusterroles"' in refusal(kube, PERSON, role)
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "own", "namespace": "docs"}}
    assert 'cannot create resource "pods"' in refusal(kube, PERSON, {**pod, "spec": {"containers": [BUSYBOX]}})


@pytest.mark.parametrize(
    ("security", "reason"),
    [
        ({**SAFE, "privileged": True, "allowPrivilegeEscalation": True}, "privileged"),
        ({**SAFE, "runAsNonRoot": False, "runAsUser": 0}, "runAsNonRoot != true"),
        ({**SAFE, "capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}, "unrestricted capabilities"),
    ],
    ids=["privileged", "root", "capabilities"],
)
def test_no_privileged_pod_whoever_makes_it(kube: Kube, docs: Runs, security: dict[str, Any], reason: str) -> None:
    said = refusal(kube, (), pod_of(security))
    assert 'violates PodSecurity "restricted' in said
    assert reason in said


@pytest.mark.parametrize("resource", ["cpu", "memory", "nvidia.com/gpu"])
def test_no_more_than_the_quota(kube: Kube, docs: Runs, resource: str) -> None:
    much = {"cpu": "60", "memory": "400Gi", "nvidia.com/gpu": "9"}[resource]
    small = {"cpu": "10m", "memory": "16Mi"}
    resources = {"requests": {**small, resource: much}, "limits": {**small, resource: much}}
    said = refusal(kube, (), pod_of(SAFE, resources))
    assert "exceeded quota: budget" in said
    assert f"requests.{resource}={much}" in said


def test_no_secret_is_read_by_its_pods_or_its_people(kube: Kube, docs: Runs) -> None:
    for who in (PODS, PERSON):
        for namespace in ("docs", "argocd", "dac-platform"):
            with pytest.raises(Refused):
                kube(*who, "auth", "can-i", "get", "secrets", "-n", namespace)


def test_pods_reach_what_the_catalog_lists_and_nothing_else(kube: Kube, docs: Runs) -> None:
    """The rules as the cluster has them. That packets obey them is the network plugin's part: kind's enforces them, the
    local cluster's bridge does not, so there it is not shown."""
    policies = {p["metadata"]["name"]: p["spec"] for p in kube.get("-n", "docs", "networkpolicies")["items"]}
    assert policies["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    allowed = [rule for name, spec in policies.items() for rule in spec.get("egress", [])]
    assert all(rule.get("to") and rule.get("ports") for rule in allowed), "no rule is open to every address or port"


def test_its_folder_brings_only_its_own_pipelines(
    kube: Kube, docs: Runs, outside: Outside, organisation: Organisation
) -> None:
    evil = organisation.tree / "projects/docs/rendered/pipelines/evil.yaml"
    cron = docs.kube.get("-n", "docs", "cronworkflow", "search")["spec"]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "evil"}}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "evil", "namespace": "docs"}}
    elsewhere = {"apiVersion": ARGO, "kind": "CronWorkflow", "metadata": {"name": "evil", "namespace": "outside"}}
    evil.write_text("".join(f"{json.dumps(m)}\n---\n" for m in (role, config, {**elsewhere, "spec": cron})))
    organisation.push_as_it_is("Reach further than one may")

    def said() -> str:
        status = kube.get("-n", "argocd", "application", "docs-pipelines").get("status", {})
        return json.dumps([status.get("conditions"), status.get("operationState", {})])

    try:
        kube.until("Argo CD to refuse", lambda: "not permitted in project" in said(), 400)
        for what in (
            ("clusterrole", "evil"),
            ("-n", "docs", "configmap", "evil"),
            ("-n", "outside", "cronworkflow", "evil"),
        ):
            assert not kube.exists(*what), what
    finally:
        organisation.push("Take it back")
    # A sync that can never succeed is not tried for ever: the next commit replaces it.
    kube.until("the next commit to be synced", lambda: operation(kube, "docs-pipelines") == "Succeeded", 400)


def operation(kube: Kube, application: str) -> str:
    """The phase of an application's last sync."""
    return kube.get("-n", "argocd", "application", application)["status"]["operationState"]["phase"]


def pod_of(security: dict[str, Any], resources: dict[str, Any] | None = None) -> dict[str, Any]:
    """A pod of one container in the project's namespace."""
    container = {**BUSYBOX, "securityContext": security, "resources": resources or {}}
    about = {"name": "probe", "namespace": "docs"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": {"containers": [container]}}
