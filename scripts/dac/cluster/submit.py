"""A run of a pipeline as it stands in the cluster: made from its CronWorkflow, as the controller makes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dac.cluster.api import GROUP, VERSION, Objects

FROM_CRON = "workflows.argoproj.io/cron-workflow"


def submit(objects: Objects, pipeline: str, arguments: Mapping[str, str], name: str = "") -> str:
    """Start a pipeline and return the run's name.

    Args:
        objects: of the project's namespace.
        pipeline: the name of its CronWorkflow.
        arguments: what is given in place of the CronWorkflow's own.
        name: of the run; made of the pipeline's when empty.

    Raises:
        ClusterError: there is no such pipeline, or the cluster refuses the run.
    """
    cron = objects.get("cronworkflows", pipeline)
    made = objects.create("workflows", workflow(cron, arguments, name))
    return str(made["metadata"]["name"])


def workflow(cron: Mapping[str, Any], arguments: Mapping[str, str], name: str = "") -> dict[str, Any]:
    """Return the Workflow that a CronWorkflow would start, with these arguments over its own."""
    spec = dict(cron["spec"]["workflowSpec"])
    held = spec.get("arguments", {}).get("parameters", [])
    given = [{"name": key, "value": value} for key, value in arguments.items()]
    spec["arguments"] = {"parameters": [parameter for parameter in held if parameter["name"] not in arguments] + given}
    source = cron["metadata"]["name"]
    labels = {**cron["spec"].get("workflowMetadata", {}).get("labels", {}), FROM_CRON: source}
    owner = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "CronWorkflow",
        "name": source,
        "uid": cron["metadata"]["uid"],
    }
    about = {"name": name} if name else {"generateName": f"{source}-"}
    metadata = {**about, "labels": labels, "ownerReferences": [owner]}
    return {"apiVersion": f"{GROUP}/{VERSION}", "kind": "Workflow", "metadata": metadata, "spec": spec}
