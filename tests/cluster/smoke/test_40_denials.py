"""What a project may not do, tried in the cluster by a person of its team.

The refusal is compared with the cluster's own words.
"""

import json
from typing import Any

import pytest
from harness.denial import ARGO, BUSYBOX, PERSON, PODS, refusal, workflow
from harness.kube import Kube, Refused
from harness.runs import Runs


def test_the_team_may_start_its_pipeline(kube: Kube, docs: Runs) -> None:
    kube(*PERSON, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(workflow(docs)))


FIELDS = pytest.mark.parametrize(
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
        ("parallelism", 1000),
        ("artifactRepositoryRef", {"configMap": "own"}),
    ],
)


@FIELDS
def test_no_field_but_the_arguments(kube: Kube, docs: Runs, field: str, value: object) -> None:
    said = refusal(kube, PERSON, workflow(docs, **{field: value}))
    assert f"denied request: a project may not set {field} of a run; that is the template's" in said


@FIELDS
def test_no_field_in_a_pipeline_either(kube: Kube, docs: Runs, field: str, value: object) -> None:
    """Its folder is the team's: what Argo CD would sync from it is held to the same."""
    held = kube.get("-n", "docs", "cronworkflow", "search")["spec"]
    spec = {**held, "workflowSpec": {**held["workflowSpec"], field: value}}
    said = refusal(kube, (), cron(spec))
    assert f"denied request: a project may not set {field} of a run; that is the template's" in said


def test_no_field_of_a_pipeline_that_the_platform_does_not_write(kube: Kube, docs: Runs) -> None:
    held = kube.get("-n", "docs", "cronworkflow", "search")["spec"]
    said = refusal(kube, (), cron({**held, "when": "{{= true }}"}))
    assert "denied request: a project may not set spec.when; a CronWorkflow holds concurrencyPolicy, " in said


def test_no_field_is_set_later(kube: Kube, docs: Runs) -> None:
    """A run that was let in stays what it was; a person may end it, and no more."""
    runs = kube.get("-n", "docs", "workflows", "--sort-by=.metadata.creationTimestamp")["items"]
    patch = (
        *PERSON,
        "-n",
        "docs",
        "patch",
        "workflow",
        runs[-1]["metadata"]["name"],
        "--type=merge",
        "--dry-run=server",
    )
    with pytest.raises(Refused) as said:
        kube(*patch, "-p", json.dumps({"spec": {"entrypoint": "publish"}}))
    assert "denied request: a project may not set entrypoint of a run; that is the template's" in str(said.value)
    kube(*patch, "-p", json.dumps({"spec": {"shutdown": "Terminate"}}))


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
    said = refusal(kube, PERSON, elsewhere)
    assert (
        'User "somebody" cannot create resource "workflows" in API group "argoproj.io" in the namespace "outside"'
        in said
    )
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "own", "namespace": "docs"}}
    assert 'cannot create resource "pods"' in refusal(kube, PERSON, {**pod, "spec": {"containers": [BUSYBOX]}})


@pytest.mark.parametrize("who", [PERSON, PODS], ids=["person", "pod"])
@pytest.mark.parametrize(
    ("api", "kind", "resource"),
    [
        ("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles"),
        ("v1", "Namespace", "namespaces"),
        (ARGO, "ClusterWorkflowTemplate", "clusterworkflowtemplates"),
    ],
)
def test_nothing_of_the_whole_cluster(
    kube: Kube, docs: Runs, who: tuple[str, ...], api: str, kind: str, resource: str
) -> None:
    spec = {"entrypoint": "main", "templates": [{"name": "main", "container": BUSYBOX}]}
    own = {"apiVersion": api, "kind": kind, "metadata": {"name": "own"}}
    said = refusal(kube, who, {**own, "spec": spec} if api == ARGO else own)
    assert f'cannot create resource "{resource}" in API group' in said
    assert "at the cluster scope" in said


def cron(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a CronWorkflow of the project."""
    return {"apiVersion": ARGO, "kind": "CronWorkflow", "metadata": {"name": "own", "namespace": "docs"}, "spec": spec}
