"""Asks for pods: how long each may run, and whether its output is read."""

from __future__ import annotations

import re

from dac.run.argo.failure import Stopped
from dac.run.argo.node import JSON, Node
from dac.run.argo.pods import PodRequest
from dac.run.argo.state import Options, RunState
from dac.run.argo.times import parse_go_duration


def want(op: RunState, node: Node, template: JSON, name: str, options: Options) -> None:
    """Ask for a node's pod, once.

    Raises:
        Stopped: Its time is over, or cannot be read.
    """
    if node.pod:
        return
    if not op.runs(options.on_exit):
        op.mark(node, "Failed", f"workflow shutdown with strategy: {op.shutdown}")
        return
    try:
        seconds = time_limit(op, node, template, options)
    except ValueError as error:
        raise Stopped(str(error), op.mark(node, "Error", str(error))) from error
    if seconds is not None and seconds <= 0:
        return
    node.pod = True
    # What a `data` template lists is its result, whether anything refers to it or not.
    is_read = "data" in template or is_output_read(op, name, options.boundary)
    op.wanted.append(PodRequest(node.id, template, is_read, seconds, options.on_exit))


def time_limit(op: RunState, node: Node, template: JSON, options: Options) -> float | None:
    """Return how many seconds a pod may run: its own limit, or what is left of the run's, whichever is less.

    Raises:
        Stopped: Its timeout is over before it starts.
        ValueError: A duration or a number cannot be read.
    """
    own = template.get("activeDeadlineSeconds")
    limits = [float(int(own))] if own is not None else []
    if op.deadline is not None and not options.on_exit:
        limits.append((op.deadline - op.clock()).total_seconds())
    if template.get("timeout"):  # counts from the node's start, and replaces every other limit of the pod
        until = node.started + parse_go_duration(template["timeout"])
        left = int((until - op.clock()).total_seconds())
        if left <= 1:
            message = f"{node.name} exceeded its deadline"
            raise Stopped(message, op.mark(node, "Error", message))
        limits = [float(left)]
    if options.deadline is not None:
        limits.append((options.deadline - op.clock()).total_seconds())
    return min(limits, default=None)


def is_output_read(op: RunState, node_name: str, boundary: str) -> bool:
    """Whether the template around refers to a node's standard output (includeScriptOutput)."""
    if boundary not in op.resolved:
        return False
    around = op.resolved[boundary][1]
    kind = "tasks" if "dag" in around else "steps" if "steps" in around else ""
    name, text = _task_name(node_name), op.tags.text_of(around)
    return "outputs" in text and bool(
        re.search(rf"{kind}\.{name}\.outputs\.result", text)
        or re.search(rf"{kind}\[['\"]{name}['\"]\]\.outputs.result", text)
    )


def _task_name(node_name: str) -> str:
    """Return the task or step that a node comes from, without tries and loop numbers (getStepOrDAGTaskName)."""
    opener, end = "", len(node_name)
    for index in range(len(node_name) - 1, -1, -1):
        char = node_name[index]
        if char == opener:
            opener = ""
        elif opener:
            continue
        elif char in ")]":
            opener = "(" if char == ")" else "["
        else:
            end = index + 1
            break
    return node_name[:end].rpartition(".")[2]
