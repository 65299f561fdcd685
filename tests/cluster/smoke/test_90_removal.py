"""The end of a project: its folder goes, and with it all that it had in the cluster. The last test of the story."""

import shutil

from harness.kube import Kube
from harness.organisation import Organisation
from harness.runs import Runs


def test_a_project_that_is_deleted_leaves_nothing(kube: Kube, docs: Runs, organisation: Organisation) -> None:
    shutil.rmtree(organisation.tree / "projects/docs")
    organisation.push("Delete the project docs")
    kube.until("its namespace to go", lambda: not kube.exists("namespace", "docs"), 400)
    for name in ("docs-platform", "docs-pipelines"):
        kube.until(
            f"application {name} to go", lambda name=name: not kube.exists("-n", "argocd", "application", name), 400
        )
    kube.until("its AppProject to go", lambda: not kube.exists("-n", "argocd", "appproject", "docs"), 400)
    assert not kube.get("workflows", "-A", "-l", "workflows.argoproj.io/cron-workflow=search")["items"]
