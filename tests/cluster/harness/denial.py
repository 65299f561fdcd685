"""Who tries what a project may not do, what they try it with, and what the cluster answers."""

import json
from typing import Any

import pytest

from harness.kube import Kube, Refused
from harness.runs import Runs

PERSON = ("--as=somebody", "--as-group=dac:team-docs", "--as-group=system:authenticated")
PODS = ("--as=system:serviceaccount:docs:rag-indexing",)
EXECUTOR = ("--as=system:serviceaccount:docs:executor",)
ARGO = "argoproj.io/v1alpha1"
IN_DOCS = {"namespace": "docs", "name": "attack"}
BUSYBOX = {"name": "main", "image": "local.test/busybox:1"}


def refusal(kube: Kube, who: tuple[str, ...], manifest: dict[str, Any]) -> str:
    """Return what the cluster says to somebody who creates an object.

    It is a dry run, so that nothing is left if the object is let in.
    """
    with pytest.raises(Refused) as refused:
        kube(*who, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(manifest))
    return str(refused.value)


def refused(kube: Kube, *words: str, stdin: object = None) -> str:
    """Return why the API server refuses a request."""
    with pytest.raises(Refused) as error:
        kube(*words, stdin=None if stdin is None else json.dumps(stdin))
    return str(error.value)


def made(kind: str, api: str = "v1", **fields: Any) -> dict[str, Any]:
    """Return an object of the project's namespace."""
    return {"apiVersion": api, "kind": kind, "metadata": IN_DOCS, **fields}


def workflow(docs: Runs, **spec: Any) -> dict[str, Any]:
    """Return a Workflow as `argo submit --from` makes it of the pipeline, with something of one's own."""
    held = docs.kube.get("-n", "docs", "cronworkflow", "search")["spec"]["workflowSpec"]
    about = {"generateName": "search-", "namespace": "docs"}
    return {"apiVersion": ARGO, "kind": "Workflow", "metadata": about, "spec": {**held, **spec}}


def pod_of(image: str, security: dict[str, Any], resources: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a pod of one container in the project's namespace, as its account."""
    container = {"name": "main", "image": image, "securityContext": security, "resources": resources or {}}
    about = {"name": "probe", "namespace": "docs"}
    spec = {"serviceAccountName": "rag-indexing", "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": spec}


def cron(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the CronWorkflow of the project with another spec; its runs name it, so that it bears the same name."""
    about = {"name": "search", "namespace": "docs"}
    return {"apiVersion": ARGO, "kind": "CronWorkflow", "metadata": about, "spec": spec}


def denied(message: str, *reasons: str) -> None:
    """Check that admission refused an object for one of several reasons.

    Where two policies refuse the same object, the API server says the reason of either.
    """
    assert any(f"denied request: {reason}" in message for reason in reasons), message
