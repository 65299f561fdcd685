"""A run in the shape that this runner's record, a Workflow of a cluster and expected.json have in common."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]
LATE = "Pod was active on the node longer than the specified deadline"


def of_record(result: JSON) -> JSON:
    """From a record's result.json."""
    nodes = {}
    for node in result["nodes"]:
        nodes[node["name"]] = {
            "type": node["type"],
            "phase": node["phase"],
            "message": node["message"],
            "inputs": _set(node["inputs"]),
            "parameters": _set(node["parameters"]),
            "artifacts": sorted(node["artifacts"]),
            "result": node["result"],
            "exitCode": _code(node["message"], node["exitCode"]),
            "children": sorted(node["children"]),
        }
    outputs = {p["name"]: p.get("value") for p in result["outputs"].get("parameters", [])}
    return {"phase": result["phase"], "message": result["message"], "outputs": outputs, "nodes": nodes}


def of_status(name: str, status: JSON) -> JSON:
    """From the status of a Workflow object of the cluster.

    Args:
        name: of the Workflow; its nodes' names begin with it.
    """
    by_id = status.get("nodes") or {}
    nodes = {}
    for node in by_id.values():
        inputs, outputs = node.get("inputs") or {}, node.get("outputs") or {}
        nodes[node["name"]] = {
            "type": node["type"],
            "phase": node["phase"],
            "message": node.get("message", ""),
            "inputs": _set({p["name"]: p.get("value") for p in inputs.get("parameters", [])}),
            "parameters": _set({p["name"]: p.get("value") for p in outputs.get("parameters", [])}),
            "artifacts": sorted(a["name"] for a in outputs.get("artifacts", [])),
            "result": outputs.get("result"),
            "exitCode": _code(node.get("message", ""), outputs.get("exitCode")),
            "children": sorted(by_id[child]["name"] for child in node.get("children", []) if child in by_id),
        }
    outputs = {p["name"]: p.get("value") for p in (status.get("outputs") or {}).get("parameters", [])}
    return {"phase": status["phase"], "message": status.get("message", ""), "outputs": outputs, "nodes": nodes}


def _code(message: str, code: str | None) -> str | None:
    """A pod's exit code; none of one past its deadline: 143, 137 where it was slow to end, none before it started."""
    return None if message == LATE else code


def _set(values: JSON) -> JSON:
    return {name: value for name, value in values.items() if value is not None}
