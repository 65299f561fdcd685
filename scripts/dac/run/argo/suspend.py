"""A suspend template: waits for a time, or for a person, whose answers were given before the run."""

from __future__ import annotations

from datetime import timedelta

from dac.run.argo.answers import raw_outputs
from dac.run.argo.failure import Stopped
from dac.run.argo.node import JSON, Node
from dac.run.argo.state import RunState
from dac.run.argo.times import parse_duration

_SOON = timedelta(milliseconds=10)


def execute(op: RunState, node: Node, template: JSON) -> None:
    """Begin the wait, or end it when its time is up or it is resumed (executeSuspend).

    Raises:
        Stopped: Its duration is invalid, or a parameter that nobody supplied has no default.
    """
    if node.phase == "Pending":
        node.outputs = {"parameters": outputs} if (outputs := raw_outputs(template)) else None
        op.mark(node, "Running")
        op.wake_at(op.clock() + _SOON)  # what depends on its phase sees that it waits
    elif duration := template["suspend"].get("duration", ""):
        _await(op, node, template, duration)
    elif op.answers.resumes(template):
        _resume(op, node, template)


def _await(op: RunState, node: Node, template: JSON, duration: str) -> None:
    try:
        deadline = node.started + parse_duration(duration)
    except ValueError as error:
        op.mark(node, "Error", str(error))
        raise Stopped(str(error), node) from error
    if op.clock() > deadline or op.answers.resume:
        _resume(op, node, template)
    else:
        op.wake_at(deadline + _SOON)


def _resume(op: RunState, node: Node, template: JSON) -> None:
    """Give its outputs the values supplied, or their defaults (OverrideOutputParametersWithDefault)."""
    for parameter in (node.outputs or {}).get("parameters", []):
        source = parameter.pop("valueFrom", {})
        value = op.answers.value(template, parameter["name"])
        if value is None and "default" not in source:
            message = f"raw output parameter '{parameter['name']}' has not been set and does not have a default value"
            raise Stopped(message, op.mark(node, "Error", message))
        parameter["value"] = source["default"] if value is None else value
    op.mark(node, "Succeeded")
