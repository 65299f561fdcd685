"""A run of a pipeline as it stands in the cluster: made from its CronWorkflow, as `argo submit --from` makes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

GROUP, VERSION = "argoproj.io", "v1alpha1"
FROM_CRON = "workflows.argoproj.io/cron-workflow"
ENDED = {"Succeeded": 0, "Failed": 1, "Error": 1}
PAUSE = 1.0  # seconds between two looks at a run


class ClusterFault(Exception):
    """The cluster cannot be reached or refuses; the message says what and what to do."""


def submit_and_follow(
    project: str, pipeline: str, *, commit: str = "", kubeconfig: Path | None = None, report: Callable[[str], None]
) -> int:
    """Starts a pipeline in the cluster and reports each step as it changes, until the run has ended.

    Args:
        project: the project, whose name its namespace has.
        pipeline: the name of its CronWorkflow.
        commit: the commit that the caller stands on, for the receipt; empty when it is not known.
        kubeconfig: where to find the cluster; KUBECONFIG or the default place when left out.
        report: gets each line as it comes.

    Returns:
        0 when the run succeeded, 1 when it did not.

    Raises:
        ClusterFault: there is no such cluster or pipeline, or the cluster refuses the run.
    """
    objects = _objects(kubeconfig)
    where = {"group": GROUP, "version": VERSION, "namespace": project}
    cron = _asked(lambda: objects.get_namespaced_custom_object(**where, plural="cronworkflows", name=pipeline))
    made = _asked(
        lambda: objects.create_namespaced_custom_object(**where, plural="workflows", body=_workflow(cron, commit))
    )
    name = made["metadata"]["name"]
    report(f"{project}/{name} submitted")
    told: dict[str, str] = {}
    while True:
        seen = _asked(lambda: objects.get_namespaced_custom_object(**where, plural="workflows", name=name))
        status = seen.get("status", {})
        _tell(status.get("nodes", {}), told, report)
        phase = status.get("phase", "")
        if phase in ENDED:
            why = f": {status['message']}" if status.get("message") else ""
            report(f"{project}/{name} {phase}{why}")
            return ENDED[phase]
        time.sleep(PAUSE)


def _objects(kubeconfig: Path | None) -> Any:
    from kubernetes import client, config

    try:
        config.load_kube_config(str(kubeconfig) if kubeconfig else None)  # type: ignore[no-untyped-call] # untyped there
    except config.ConfigException as fault:
        raise ClusterFault(f"no cluster to submit to: {fault}; set KUBECONFIG to one's kubeconfig") from fault
    return client.CustomObjectsApi()


def _workflow(cron: Mapping[str, Any], commit: str) -> dict[str, Any]:
    """The Workflow that the CronWorkflow would start, with the caller's commit as its argument `commit`."""
    spec = dict(cron["spec"]["workflowSpec"])
    given = [one for one in spec.get("arguments", {}).get("parameters", []) if one["name"] != "commit"]
    if commit:
        given = [*given, {"name": "commit", "value": commit}]
    spec["arguments"] = {"parameters": given}
    name = cron["metadata"]["name"]
    labels = {**cron["spec"].get("workflowMetadata", {}).get("labels", {}), FROM_CRON: name}
    owner = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "CronWorkflow",
        "name": name,
        "uid": cron["metadata"]["uid"],
    }
    about = {"generateName": f"{name}-", "labels": labels, "ownerReferences": [owner]}
    return {"apiVersion": f"{GROUP}/{VERSION}", "kind": "Workflow", "metadata": about, "spec": spec}


def _tell(nodes: Mapping[str, Mapping[str, Any]], told: dict[str, str], report: Callable[[str], None]) -> None:
    """Reports each pod whose phase has changed since the last look."""
    pods = [node for node in nodes.values() if node.get("type") == "Pod"]
    for node in sorted(pods, key=lambda node: str(node.get("startedAt") or "")):
        phase = node.get("phase", "")
        if told.get(node["id"]) != phase:
            told[node["id"]] = phase
            why = f": {node['message']}" if node.get("message") else ""
            report(f"{node['displayName']} {phase}{why}")


def _asked(call: Callable[[], Any]) -> Any:
    """What the API server answers; its refusals in its own words."""
    import json

    from kubernetes.client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    try:
        return call()
    except ApiException as fault:
        try:
            said = json.loads(fault.body or "")["message"]
        except (TypeError, ValueError, KeyError):
            said = str(fault.reason)
        raise ClusterFault(f"the cluster refuses: {said}") from fault
    except HTTPError as fault:
        raise ClusterFault(f"the cluster does not answer: {fault}") from fault
