"""A namespace in which any workflow may run, as long as the platform is not on the cluster yet."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from harness.kube import Kube
from harness.outside import Outside
from harness.runs import DONE

NAMESPACE = "cases"
IMAGE = os.environ.get("DAC_BUSYBOX_IMAGE", "local.test/busybox:1")
T = TypeVar("T")


class Ahead(Generic[T]):
    """Submits what is looked at one by one a few ahead: workflows wait for each other's pods, not for each other."""

    def __init__(self, items: Sequence[T], most: int, submit: Callable[[T], None]) -> None:
        self.items, self.most, self.submit, self.count = items, most, submit, 0

    def up_to(self, item: T) -> None:
        """Submit until `item` is in the cluster, and as many after it as fit beside it."""
        end = min(self.items.index(item) + self.most, len(self.items))
        while self.count < end:
            self.count += 1  # first: one that is refused is not tried again
            self.submit(self.items[self.count - 1])


def prepare(kube: Kube, outside: Outside) -> None:
    """Make the namespace, an artifact repository, and rights: for the executor to report, the controller to memoize."""
    kube.apply(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}))
    keys = {"accesskey": outside.key, "secretkey": outside.secret}
    about = {"namespace": NAMESPACE}
    repository = {
        "bucket": "dac-workflows",
        "endpoint": outside.objects.removeprefix("http://"),
        "insecure": True,
        "accessKeySecret": {"name": "objects", "key": "accesskey"},
        "secretKeySecret": {"name": "objects", "key": "secretkey"},
    }
    rules = [{"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]}]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "executor"}
    who = [{"kind": "ServiceAccount", "name": "default", "namespace": NAMESPACE}]
    default = {"workflows.argoproj.io/default-artifact-repository": "main"}
    data = {"main": json.dumps({"s3": repository})}
    named = {**about, "name": "executor"}
    held = {**about, "name": "artifact-repositories", "annotations": default}
    caches = {"namespace": "argo", "name": "memoization"}  # the controller keeps them in its own namespace
    keeping = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "create", "update"]}]
    controller = [{"kind": "ServiceAccount", "name": "argo", "namespace": "argo"}]
    keeper = {**role, "name": "memoization"}
    for kind, version, rest in (
        ("Secret", "v1", {"metadata": {**about, "name": "objects"}, "stringData": keys}),
        ("ConfigMap", "v1", {"metadata": held, "data": data}),
        ("Role", "rbac.authorization.k8s.io/v1", {"metadata": named, "rules": rules}),
        ("RoleBinding", "rbac.authorization.k8s.io/v1", {"metadata": named, "roleRef": role, "subjects": who}),
        ("Role", "rbac.authorization.k8s.io/v1", {"metadata": caches, "rules": keeping}),
        (
            "RoleBinding",
            "rbac.authorization.k8s.io/v1",
            {"metadata": caches, "roleRef": keeper, "subjects": controller},
        ),
    ):
        kube.apply(json.dumps({"apiVersion": version, "kind": kind, **rest}))


def submit(kube: Kube, text: str, file: Path) -> None:
    """Create the objects of a case; Argo's by Argo's client, which takes a number where the API server wants text.

    Args:
        text: manifests, whose image `busybox` is the cluster's.
        file: where each is written for the client.
    """
    documents = text.replace("image: busybox", f'image: "{IMAGE}"').split("\n---\n")
    # What a Workflow reads is there before it.
    for document in sorted(documents, key=lambda document: "kind: Workflow\n" in document):
        file.write_text(document)
        if "kind: Workflow\n" in document:
            kube.argo("submit", "-n", NAMESPACE, str(file))
        elif "kind: WorkflowTemplate\n" in document:
            kube.argo("template", "create", "-n", NAMESPACE, str(file))
        else:
            kube("-n", NAMESPACE, "create", "-f", str(file))


def status(kube: Kube, name: str, seconds: float = 900) -> dict[str, Any]:
    """Return the status of a case's Workflow once it has ended."""

    def ended() -> dict[str, Any] | None:
        current = kube.get("-n", NAMESPACE, "workflow", name).get("status", {})
        return current if current.get("phase") in DONE else None

    return kube.until(f"{name} to end", ended, seconds)
