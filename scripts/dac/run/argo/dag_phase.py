"""When a DAG is over, and how (assessDAGPhase of workflow/controller/dag.go)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from dac.run.argo.node import JSON, Node
from dac.run.argo.state import RunState


def phase(
    op: RunState, boundary: Node, template: JSON, tasks: Mapping[str, JSON], targets: Iterable[str], stopped: bool
) -> str:
    """Return Running, or the phase that a DAG ends in.

    An omitted target has the phase of the branch that it ends: Failed or Error before Succeeded.
    """
    if stopped:
        return "Failed"
    ids = {op.nodes.id(f"{boundary.name}.{name}"): name for name in targets}
    phases: dict[str, str] = dict.fromkeys(ids, "")
    queue: deque[tuple[str, str]] = deque()
    seen: set[tuple[str, str]] = set()

    def add(children: Iterable[str], branch: str) -> None:
        for child in children:
            if (child, branch) not in seen:
                seen.add((child, branch))
                queue.append((child, branch))

    add(boundary.children, "Succeeded")
    while queue:
        node_id, branch = queue.popleft()
        node = op.nodes.by_id.get(node_id)
        if node is None or not node.fulfilled:
            return "Running"
        branch = node.phase if node.completed else branch
        if node.id in phases and phases[node.id] not in ("Failed", "Error"):
            phases[node.id] = branch
        add(_retry_children(op, node) if node.type == "Retry" else node.children, branch)
    target_tasks = {node_id: tasks[name] for node_id, name in ids.items()}
    return _joint_phase(phases, target_tasks, template["dag"].get("failFast", True))


def _retry_children(op: RunState, node: Node) -> list[str]:
    children: list[str] = []
    for child in (op.nodes.get(child) for child in reversed(node.children)):
        children += [child.id] if child.hooked else child.children
    return children


def _joint_phase(phases: Mapping[str, str], tasks: Mapping[str, JSON], fail_fast: bool) -> str:
    result = "Succeeded"
    for node_id, branch in phases.items():
        if branch == "":
            result = "Running"
            if not fail_fast:
                break
        elif branch in ("Failed", "Error"):
            if tasks[node_id].get("continueOn", {}).get("failed" if branch == "Failed" else "error"):
                continue
            result = branch
            if fail_fast:
                break
    return result
