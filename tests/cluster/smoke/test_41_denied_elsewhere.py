"""What a team's person may not do outside of the team's pipelines."""

import json

import pytest
from harness.denial import ARGO, BUSYBOX, PERSON, PODS, denied, refusal, workflow
from harness.kube import Kube, Refused
from harness.runs import Runs

DEFAULTS = "denied request: a project's namespace has no ConfigMap that Argo reads by its"


def test_no_workflow_or_template_of_its_own(kube: Kube, docs: Runs) -> None:
    spec = {"entrypoint": "main", "templates": [{"name": "main", "container": BUSYBOX}]}
    own = {"apiVersion": ARGO, "metadata": {"name": "own", "namespace": "docs"}, "spec": spec}
    message = refusal(kube, PERSON, {**own, "kind": "Workflow"})
    denied(message, "a project may not set ", "the argument `pipeline` names no pipeline of this project")
    # Even whoever is let by RBAC to write one, an administrator by mistake, may not put it into a project's namespace.
    message = refusal(kube, (), {**own, "kind": "WorkflowTemplate"})
    assert "denied request: a project has no templates of its own" in message
    message = refusal(kube, PERSON, workflow(docs, workflowTemplateRef={"name": "own"}))
    denied(message, "a run comes from a template of the platform", "pipeline search runs rag-indexing-v1")


def test_no_defaults_of_its_own_for_argo(kube: Kube, docs: Runs) -> None:
    """By its label or its name, Argo would take a ConfigMap for what holds for all runs of the namespace."""
    for name, labels in [
        ("own", {"workflows.argoproj.io/configmap-type": "WorkflowDefaults"}),
        ("workflow-defaults", {}),
    ]:
        about = {"name": name, "namespace": "docs", "labels": labels}
        message = refusal(kube, (), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about})
        assert DEFAULTS in message
    patch = json.dumps({"metadata": {"labels": {"workflows.argoproj.io/configmap-type": "Cache"}}})
    with pytest.raises(Refused, match=DEFAULTS):
        kube("-n", "docs", "patch", "configmap", "endpoints", "--type=merge", "--dry-run=server", "-p", patch)


def test_nothing_elsewhere_in_the_cluster(kube: Kube, docs: Runs) -> None:
    elsewhere = workflow(docs)
    elsewhere["metadata"]["namespace"] = "outside"
    message = refusal(kube, PERSON, elsewhere)
    assert (
        'User "somebody" cannot create resource "workflows" in API group "argoproj.io" in the namespace "outside"'
        in message
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
    message = refusal(kube, who, {**own, "spec": spec} if api == ARGO else own)
    assert f'cannot create resource "{resource}" in API group' in message
    assert "at the cluster scope" in message
