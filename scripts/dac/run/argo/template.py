"""The kinds of a template."""

from __future__ import annotations

from dac.run.argo.node import JSON

KINDS = ("container", "containerSet", "steps", "script", "resource", "dag", "suspend", "data", "http", "plugin")
PODS = ("container", "containerSet", "script", "resource", "data")


def kind_of(template: JSON) -> str:
    """Return the kind of a template; empty if it has none."""
    return next((kind for kind in KINDS if kind in template), "")


def calls_of(template: JSON) -> list[JSON]:
    """Return the steps of all groups, or the tasks; none of a template that calls no other."""
    steps = [step for group in template.get("steps", []) for step in group]
    return [*steps, *template.get("dag", {}).get("tasks", [])]


def node_type(template: JSON) -> str:
    """Return the type of a template's node (GetNodeType)."""
    if "retryStrategy" in template:
        return "Retry"
    types = {"steps": "Steps", "dag": "DAG", "suspend": "Suspend", "http": "HTTP", "plugin": "Plugin"}
    return types.get(kind_of(template), "Pod")


def has_output(template: JSON) -> bool:
    """Whether a template's node has a result and an exit code that a tag can name (HasOutput)."""
    named = [item.get("name") for item in template.get("containerSet", {}).get("containers", [])]
    return "main" in named or any(kind in template for kind in ("container", "script", "data", "http", "plugin"))
