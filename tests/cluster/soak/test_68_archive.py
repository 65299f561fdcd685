"""Workflows in a PostgreSQL, by a setting of the catalog: what ended outlives its object; nodes may lie there too."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import HERE
from harness.database import DATABASE, HOST, PORT, PROGRAMS, USER, Database, database
from harness.kube import Kube
from harness.organisation import Organisation
from harness.runs import DONE, Runs


@pytest.fixture(scope="module")
def archive(kube: Kube, organisation: Organisation) -> Iterator[Database]:
    """Have the controller archive into a database, and afterwards no more."""
    if not kube.is_local or not PROGRAMS:
        pytest.skip("needs the local cluster, and Debian's postgresql on this machine")
    with database() as held:
        about = {"name": "argo-archive", "namespace": "argo"}
        key = {"username": USER, "password": held.password}
        kube.apply(json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": about, "stringData": key}))
        where = {"host": HOST, "port": PORT, "database": DATABASE, "ssl": "disable"}
        configure(kube, organisation, where, "Archive what has ended")
        yield held
        configure(kube, organisation, {"host": ""}, "Archive nothing more")


def configure(kube: Kube, organisation: Organisation, archive: dict[str, object], message: str) -> None:
    """Merge the archive's settings, and start the controller anew once it would read them."""
    before = settings(kube)
    organisation.edit("platform", {"archive": archive})
    organisation.push(message)
    kube.until("the controller's settings to follow", lambda: settings(kube) != before, 400)
    subprocess.run([sys.executable, HERE / "local", "kill", "workflow-controller"], check=True)


def settings(kube: Kube) -> str:
    """Return what the controller reads of its archive."""
    return kube.get("-n", "argo", "configmap", "workflow-controller-configmap")["data"].get("persistence", "")


LARGE = 400  # nodes, each with five thousand characters that cannot be packed: more than an object of Kubernetes holds


def test_nodes_of_a_large_run_lie_in_the_database(kube: Kube, archive: Database) -> None:
    """They wait, so that no pod is needed; the object has only where its nodes are."""
    call = {"name": "wait", "template": "wait", "withSequence": {"count": str(LARGE)}}
    call["arguments"] = {"parameters": [{"name": "text", "value": "{{=sprig.randAlphaNum(asInt(item) + 5000)}}"}]}
    wait = {"name": "wait", "inputs": {"parameters": [{"name": "text"}]}, "suspend": {"duration": "1s"}}
    template = {"entrypoint": "main", "templates": [{"name": "main", "steps": [[call]]}, wait]}
    about = {"apiVersion": "argoproj.io/v1alpha1", "metadata": {"name": "large"}}
    kube.apply(json.dumps({**about, "kind": "ClusterWorkflowTemplate", "spec": template}))
    spec = {"workflowTemplateRef": {"name": "large", "clusterScope": True}}
    run = {**about, "metadata": {"name": "large", "namespace": "default"}, "kind": "Workflow", "spec": spec}
    kube.apply(json.dumps(run))

    def status() -> dict[str, Any]:
        return kube.get("-n", "default", "workflow", "large").get("status", {})

    kube.until("the large run to end", lambda: status().get("phase") in DONE, 600)
    assert (status()["phase"], status().get("nodes")) == ("Succeeded", None), status().get("message")
    version = status()["offloadNodeStatusVersion"]
    rows = archive.ask(f"SELECT nodes FROM argo_workflows WHERE version = '{version}'")
    nodes = json.loads("".join(rows)).values()
    assert sum(node["type"] == "Suspend" and node["phase"] == "Succeeded" for node in nodes) == LARGE
    kube("-n", "default", "delete", "workflow", "large")
    kube("delete", "clusterworkflowtemplate", "large")


def test_a_run_outlives_its_object(kube: Kube, docs: Runs, archive: Database) -> None:
    name = docs.start()
    ended = docs.wait(name)
    assert ended["status"]["phase"] == "Succeeded", docs.why(ended)
    row = f"SELECT phase FROM argo_archived_workflows WHERE namespace = 'docs' AND name = '{name}'"
    assert kube.until("the run to be in the archive", lambda: archive.ask(row), 120) == ["Succeeded"]
    kube("-n", "docs", "delete", "workflow", name)
    whole = f"SELECT workflow FROM argo_archived_workflows WHERE name = '{name}'"
    kept = json.loads("".join(archive.ask(whole)))
    nodes = {node["displayName"] for node in kept["status"]["nodes"].values()}
    assert {"discover(0)", "publish(0)"} <= nodes
