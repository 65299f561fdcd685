"""The end of a project: its folder goes, then all that it had in the cluster. The last test of the story."""

from harness.kube import Kube
from harness.organisation import Organisation
from harness.runs import Runs


def test_a_project_that_is_deleted_leaves_nothing(kube: Kube, docs: Runs, organisation: Organisation) -> None:
    status, stderr = organisation.script("remove.sh", docs.project)
    assert (status, stderr) == (2, "remove.sh: projects/docs is in this tree; delete it, and merge that first\n")
    organisation.remove(docs.project)
    kube.until("its namespace to go", lambda: not kube.exists("namespace", "docs"), 60)
    for name in ("docs-platform", "docs-pipelines"):
        assert not kube.exists("-n", "argocd", "application", name)
    assert not kube.exists("-n", "argocd", "appproject", "docs")
    assert not kube.get("workflows", "-A", "-l", "workflows.argoproj.io/cron-workflow=search")["items"]
