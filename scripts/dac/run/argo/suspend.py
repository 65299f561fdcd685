"""A suspend template with a duration: a wait."""

from __future__ import annotations

from datetime import timedelta

from dac.run.argo.failure import Stopped
from dac.run.argo.node import JSON, Node
from dac.run.argo.state import RunState
from dac.run.argo.times import parse_duration


def execute(op: RunState, node: Node, template: JSON) -> None:
    """End the wait when its time is up (executeSuspend).

    Raises:
        Stopped: Its duration is invalid.
    """
    try:
        deadline = node.started + parse_duration(template["suspend"].get("duration", ""))
    except ValueError as error:
        op.mark(node, "Error", str(error))
        raise Stopped(str(error), node) from error
    if op.clock() > deadline:
        op.mark(node, "Succeeded")
        return
    op.wake_at(deadline + timedelta(milliseconds=10))
    op.mark(node, "Running")
