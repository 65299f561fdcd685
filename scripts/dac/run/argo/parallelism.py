"""How many pods may be under way at once (checkParallelism of workflow/controller/operator.go)."""

from __future__ import annotations

from collections.abc import Callable

from dac.run.argo.failure import ParallelismReached
from dac.run.argo.node import JSON, Node
from dac.run.argo.state import RunState
from dac.run.argo.template import kind_of


def check_whole(op: RunState, node: Node | None) -> None:
    """Check that another pod of the whole run may start.

    Raises:
        ParallelismReached: The run's limit is reached.
    """
    if "parallelism" in op.spec and op.nodes.active_pods() >= op.spec["parallelism"]:
        raise ParallelismReached("Max parallelism reached", node)


def check_parallelism(op: RunState, template: JSON, node: Node | None, boundary: str) -> None:
    """Check that a template may be executed now (checkParallelism).

    Raises:
        ParallelismReached: The limit of the run, of the template or of the one around it is reached.
    """
    check_whole(op, node)
    if node is not None and kind_of(template) in ("dag", "steps"):
        _check_boundary(op, template, node, node, op.nodes.active_pods)
    if boundary and (node is None or node.phase not in ("Pending", "Running")):
        around = op.nodes.get(boundary)
        _check_boundary(op, op.resolved[boundary][1], around, node, op.nodes.active_children)


def _check_boundary(op: RunState, template: JSON, around: Node, node: Node | None, count: Callable[[str], int]) -> None:
    if template.get("failFast") and op.nodes.unsuccessful_children(around.id) > 0:
        if op.nodes.active_pods(around.id) == 0:
            message = "template has failed or errored children and failFast enabled"
            if kind_of(template) == "steps" and (group := _leaf_group(op, around.id)) is not None:
                op.mark(group, "Failed", message)
            op.mark(around, "Failed", message)
        raise ParallelismReached("Max parallelism reached", node)
    if template.get("parallelism", 0) > 0 and count(around.id) >= template["parallelism"]:
        raise ParallelismReached("Max parallelism reached", node)


def _leaf_group(op: RunState, node_id: str) -> Node | None:
    leaf = None
    stack = [node_id]
    while stack:
        node = op.nodes.by_id.get(stack.pop())
        if node is not None:
            leaf = node if node.type == "StepGroup" else leaf
            stack += reversed(node.children)
    return leaf
