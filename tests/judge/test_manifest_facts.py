"""What rules read of each object, and what stands alike in another project, so that it is judged once."""

from __future__ import annotations

from typing import Any

from dac.judge import gathered
from dac.judge.manifest_facts import alike, joined
from dac.model import Manifest

IDENTITY = "eks.amazonaws.com/role-arn"


def namespace(project: str, **labels: str) -> dict[str, Any]:
    own = {"dac.dev/project": project, "pod-security.kubernetes.io/enforce": "restricted", **labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": project, "labels": own}}


def account(project: str, name: str, role: str = "") -> dict[str, Any]:
    annotations = {"annotations": {IDENTITY: role}} if role else {}
    metadata = {"name": name, "namespace": project, **annotations}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def manifest(project: str, *objects: dict[str, Any]) -> Manifest:
    return Manifest(f"projects/{project}/rendered/platform/all.yaml", objects, project)


def test_a_Namespace_with_labels_of_its_own_is_read_by_itself() -> None:
    lax = {"pod-security.kubernetes.io/enforce": "baseline"}
    labelled = {"search": {}, "chat": {}, "stray": {"dac.dev/project": "search"}, "loose": lax}
    each = [gathered([manifest(name, namespace(name, **labels))], IDENTITY) for name, labels in labelled.items()]
    whole = joined(each)
    assert [(entry["name"], entry["labels"]["dac.dev/project"]) for entry in whole.entries] == [
        ("search", "search"),
        ("stray", "search"),
        ("loose", "loose"),
    ]
    assert [alike(place, projects) for place, projects in whole.repeats.items()] == [
        {
            "path": "projects/chat/rendered/platform/all.yaml",
            "project": "chat",
            "kind": "Namespace",
            "name": "chat",
            "namespace": "",
        }
    ]


def test_an_account_with_an_identity_is_read_of_each_and_another_once() -> None:
    each = [
        gathered([manifest(name, account(name, "index", f"role-{name}"), account(name, "executor"))], IDENTITY)
        for name in ("search", "chat", "ask")
    ]
    whole = joined(each)
    assert [(entry["project"], entry["name"], entry.get("identity")) for entry in whole.entries] == [
        ("search", "index", "role-search"),
        ("chat", "index", "role-chat"),
        ("ask", "index", "role-ask"),
    ]
    ((place, projects),) = whole.repeats.items()
    assert alike(place, projects)["name"] == "executor"
    assert projects == ["search", "chat", "ask"]
