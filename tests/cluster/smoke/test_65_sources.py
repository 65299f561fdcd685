"""What Argo CD takes from the repository: what is rendered, and no file beside it."""

import json

import pytest
from harness.kube import Kube
from harness.organisation import Organisation
from harness.runs import Runs

WORKFLOW = {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "busybox"}}]}
TEMPLATE = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "ClusterWorkflowTemplate",
    "metadata": {"name": "evil"},
    "spec": WORKFLOW,
}


@pytest.fixture
def pipeline(kube: Kube, docs: Runs) -> dict[str, object]:
    """Return a CronWorkflow that the admission policies would let in: the project's own under another name."""
    own = kube.get("-n", docs.project, "cronworkflow", docs.pipeline)
    named = [p for p in own["spec"]["workflowSpec"]["arguments"]["parameters"] if p["name"] == "pipeline"]
    named[0]["value"] = "evil"
    return {
        "apiVersion": own["apiVersion"],
        "kind": own["kind"],
        "metadata": {"name": "evil", "namespace": docs.project, "labels": own["metadata"]["labels"]},
        "spec": own["spec"],
    }


def test_files_that_nothing_renders_are_not_synced(
    kube: Kube, organisation: Organisation, docs: Runs, pipeline: dict[str, object]
) -> None:
    strays = {
        "standards/evil/x1/rendered.yaml": TEMPLATE,
        "standards/rag-indexing/v1/sub/rendered.yaml": TEMPLATE,
        f"projects/{docs.project}/rendered/pipelines/sub/evil.yaml": pipeline,
        f"projects/{docs.project}/rendered/pipelines/evil.json": pipeline,
    }
    for path, manifest in strays.items():
        (organisation.tree / path).parent.mkdir(parents=True, exist_ok=True)
        (organisation.tree / path).write_text(json.dumps(manifest))
    commit = organisation.push_as_it_is("Add files that nothing renders")
    for name in ("dac-templates", f"{docs.project}-pipelines"):
        kube.until(f"{name} to sync the commit", lambda name=name: synced(kube, name) == commit, 300)
    assert not kube.exists("clusterworkflowtemplate", "evil")
    assert not kube.exists("-n", docs.project, "cronworkflow", "evil")
    organisation.revert()


def synced(kube: Kube, application: str) -> str:
    """Return the commit that an Application is synced to; empty while it is not."""
    sync = kube.field(".status.sync", "-n", "argocd", "application", application)
    return sync["revision"] if sync["status"] == "Synced" else ""
