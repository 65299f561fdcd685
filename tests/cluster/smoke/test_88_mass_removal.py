"""One commit that takes all projects away, or what holds them: nothing is deleted, and its revert is enough."""

import json

import pytest
from harness.kube import Kube
from harness.organisation import Organisation
from harness.runs import Runs

OF_DOCS = ("docs-platform", "docs-pipelines")
HOLDING = ("docs-platform", "dac-platform")
MISSING = "app path does not exist"
WAITING = "waiting for pruning confirmation"


class Kept:
    """What a mistake must not cost: the project's namespace, its Secrets, its pipeline and a live run."""

    def __init__(self, kube: Kube, run: str) -> None:
        self.kube, self.run = kube, run
        self.before = self.uids()

    def uids(self) -> dict[str, str]:
        """Return the uid of each object by its name; one that is being deleted is left out."""
        objects = [self.kube.get("namespace", "docs")]
        objects += [
            each for kind in ("secrets", "cronworkflows") for each in self.kube.get("-n", "docs", kind)["items"]
        ]
        objects += [self.kube.get("-n", "docs", "workflow", self.run)]
        objects += self.kube.get("-n", "argocd", "applicationsets")["items"]
        return {
            f"{each['kind']}/{each['metadata']['name']}": each["metadata"]["uid"]
            for each in objects
            if not each["metadata"].get("deletionTimestamp")
        }


@pytest.fixture
def kept(kube: Kube, docs: Runs) -> Kept:
    run = docs.start()
    kube.until(f"run {run} to begin", lambda: docs.phase(run) == "Running", 120)
    return Kept(kube, run)


def test_all_projects_are_moved_away_and_back(kube: Kube, docs: Runs, organisation: Organisation, kept: Kept) -> None:
    organisation.git("mv", "projects", "p2")
    organisation.push_as_it_is("Move all projects")
    for name in OF_DOCS:
        kube.until(f"{name} to miss its folder", lambda name=name: MISSING in conditions(kube, name), 300)
    assert docs.phase(kept.run) == "Running", "the run was to be live when its project's folder went"
    assert docs.wait(kept.run)["status"]["phase"] == "Succeeded"
    assert kept.uids() == kept.before
    commit = organisation.revert()
    for name in OF_DOCS:
        kube.until(f"{name} to sync the revert", lambda name=name: synced(kube, name, commit), 300)
    assert kept.uids() == kept.before


def test_what_holds_projects_is_pruned_after_a_confirmation_alone(
    kube: Kube, docs: Runs, organisation: Organisation, kept: Kept
) -> None:
    (organisation.tree / "projects/docs/rendered/platform/namespace.yaml").unlink()
    (organisation.tree / "standards/platform/rendered/applications.yaml").unlink()
    organisation.push_as_it_is("Delete a namespace, and the applications of all projects")
    for name in HOLDING:
        kube.until(f"{name} to ask for a confirmation", lambda name=name: WAITING in operation(kube, name), 300)
    assert kept.uids() == kept.before
    commit = organisation.revert()
    for name in HOLDING:
        end = {"status": {"operationState": {"phase": "Terminating"}}}
        kube("-n", "argocd", "patch", "application", name, "--type=merge", "-p", json.dumps(end))
    organisation.refresh()
    for name in HOLDING:
        kube.until(f"{name} to sync the revert", lambda name=name: synced(kube, name, commit), 300)
    assert docs.wait(kept.run)["status"]["phase"] == "Succeeded"
    assert kept.uids() == kept.before


def conditions(kube: Kube, application: str) -> str:
    status = kube.get("-n", "argocd", "application", application).get("status", {})
    return " ".join(each["message"] for each in status.get("conditions", []))


def operation(kube: Kube, application: str) -> str:
    status = kube.get("-n", "argocd", "application", application).get("status", {})
    return str(status.get("operationState", {}).get("message", ""))


def synced(kube: Kube, application: str, commit: str) -> bool:
    sync = kube.field(".status.sync", "-n", "argocd", "application", application)
    revisions = sync.get("revisions") or [sync.get("revision")]  # one a source; none while its folder is missing
    return bool(set(revisions) == {commit} and sync["status"] == "Synced")
