"""The runs and the schedules of a namespace, as the cluster has them."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dac.cluster.api import ClusterError, Objects
from dac.cluster.submit import FROM_CRON
from dac.model.receipt import NotAReceipt, parse_receipt
from dac.model.run_record import RunRecord, StepRecord, moment, step_of

_PHASE = "workflows.argoproj.io/phase"
_STEPS_LIMIT = 64 * 2**20  # bytes of a run's steps when unpacked


def listed_runs(objects: Objects, project: str) -> dict[str, list[RunRecord]]:
    """Return the runs of a namespace by pipeline, the newest first: their names, phases and when they were made."""
    return runs_by_pipeline(objects.listed("workflows"), project)


def runs_by_pipeline(workflows: Iterable[Mapping[str, Any]], project: str) -> dict[str, list[RunRecord]]:
    """Return the runs that some Workflows of a namespace are, as `listed_runs` does."""
    runs: dict[str, list[RunRecord]] = {}
    for item in workflows:
        metadata = item["metadata"]
        labels = metadata.get("labels") or {}
        pipeline = labels.get(FROM_CRON, "")
        made = moment(metadata.get("creationTimestamp"))
        record = RunRecord(project, pipeline, metadata["name"], labels.get(_PHASE, ""), started=made)
        runs.setdefault(pipeline, []).append(record)
    return {name: sorted(of, key=lambda run: run.order, reverse=True) for name, of in runs.items()}


def whole_run(objects: Objects, project: str, name: str) -> RunRecord:
    """Return a run with its steps.

    Raises:
        ClusterError: there is none of that name, or the cluster refuses.
    """
    workflow = objects.get("workflows", name)
    metadata, status = workflow["metadata"], workflow.get("status") or {}
    labels = metadata.get("labels") or {}
    given = workflow.get("spec", {}).get("arguments", {}).get("parameters") or []
    nodes, problems = _nodes(status)
    steps = tuple(_step(name, node) for node in nodes.values())
    receipt, unread = _receipt(steps)
    return RunRecord(
        project,
        labels.get(FROM_CRON, ""),
        name,
        str(status.get("phase") or ""),
        str(status.get("message") or ""),
        moment(status.get("startedAt")) or moment(metadata.get("creationTimestamp")),
        moment(status.get("finishedAt")),
        steps,
        {item["name"]: str(item.get("value", "")) for item in given},
        receipt,
        (*problems, *unread),
    )


def _receipt(steps: tuple[StepRecord, ...]) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
    """Return what the exit handler reports of a run: its receipt, less what is long; and why it cannot be read."""
    reports = [step.outputs["report"] for step in steps if step.in_exit_handler and "report" in step.outputs]
    if not reports or reports[-1] in ("", "{}"):
        return None, ()
    try:
        return parse_receipt(reports[-1].encode()), ()
    except NotAReceipt as error:
        return None, (f"what its exit handler reports cannot be read: {error}",)


def pod_name(run: str, node: Mapping[str, Any]) -> str:
    """Return the name of a node's pod: `<run>-<template>-<hash>`, as Argo makes it since 3.4 (POD_NAMES=v2)."""
    template = node.get("templateName") or (node.get("templateRef") or {}).get("template") or ""
    identity = str(node.get("id", ""))
    number = identity.rpartition("-")[2]
    if node.get("name") == run or not template:
        return identity
    prefix = f"{run}-{template}"[: 253 - 11]
    return f"{prefix}-{number}"


def _nodes(status: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Return the nodes of a status, packed or not, and what of them cannot be read."""
    if packed := status.get("compressedNodes"):
        try:
            with gzip.GzipFile(fileobj=_bytes(packed)) as file:
                nodes = json.loads(file.read(_STEPS_LIMIT))
        except (OSError, ValueError, EOFError) as error:
            return {}, (f"its steps cannot be unpacked: {error}",)
        return nodes, ()
    if status.get("offloadNodeStatusVersion"):
        return {}, ("its steps are in the controller's database: argo get shows them",)
    return status.get("nodes") or {}, ()


def _bytes(text: str) -> Any:
    import io

    return io.BytesIO(base64.b64decode(text, validate=False))


def _step(run: str, node: Mapping[str, Any]) -> StepRecord:
    outputs = node.get("outputs") or {}
    logs = (a["s3"]["key"] for a in outputs.get("artifacts") or [] if a.get("name") == "main-logs" and a.get("s3"))
    return replace(
        step_of(run, node, outputs.get("exitCode")),
        log=pod_name(run, node),
        archive=next(logs, ""),
        outputs={p["name"]: str(p.get("value", "")) for p in outputs.get("parameters") or []},
    )


def pod_tail(objects: Objects, step: StepRecord, lines: int | None) -> str | None:
    """Return what a step's pod printed; None where the pod is gone or never was."""
    try:
        return objects.log(step.log, lines)
    except ClusterError:
        return None


def missing_secrets(spec: Mapping[str, Any], arguments: Mapping[str, str], present: set[str]) -> list[tuple[str, bool]]:
    """Return the Secrets that a template mounts or reads and that the namespace lacks, and whether pods start without.

    Args:
        spec: the ClusterWorkflowTemplate's.
        arguments: of the pipeline; a name may be made of one.
        present: the names of the Secrets there are.

    Returns:
        name and whether every reference to it is optional, sorted by name.
    """
    wanted: dict[str, bool] = {}
    for name, optional in _secret_references(spec):
        for key, value in arguments.items():
            name = name.replace(f"{{{{workflow.parameters.{key}}}}}", value)
        wanted[name] = wanted.get(name, True) and optional
    return sorted((name, optional) for name, optional in wanted.items() if name not in present and "{{" not in name)


def _secret_references(value: Any) -> list[tuple[str, bool]]:
    if isinstance(value, list):
        return [reference for item in value for reference in _secret_references(item)]
    if not isinstance(value, Mapping):
        return []
    references = []
    for key, item in value.items():
        if key == "secret" and isinstance(item, Mapping) and "secretName" in item:
            references.append((str(item["secretName"]), bool(item.get("optional"))))
        elif key in ("secretKeyRef", "secretRef") and isinstance(item, Mapping) and "name" in item:
            references.append((str(item["name"]), bool(item.get("optional"))))
        else:
            references += _secret_references(item)
    return references
