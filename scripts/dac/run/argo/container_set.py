"""The nodes of a container set: one a container, below that of its pod (executeContainerSet)."""

from __future__ import annotations

from collections.abc import Mapping

from dac.run.argo.node import JSON, Node
from dac.run.argo.state import Options, RunState


def containers(template: JSON) -> list[JSON]:
    """Return the containers of a container set, each with the volumes that all mount."""
    container_set = template.get("containerSet", {})
    mounts = container_set.get("volumeMounts", [])
    listed = container_set.get("containers", [])
    return [{**item, "volumeMounts": [*item.get("volumeMounts", []), *mounts]} if mounts else item for item in listed]


def add_nodes(op: RunState, pod: Node, template: JSON, holder: JSON, options: Options) -> None:
    """Add a node for each container of a pod, below those that it waits for."""
    listed = template["containerSet"].get("containers", [])
    for item in listed:
        name = f"{pod.name}.{item['name']}"
        if op.nodes.named(name) is None:
            op.add(name, "Container", holder, pod.id, "Pending", hooked=options.hooked, retried=options.retried)
    for item in listed:
        name = f"{pod.name}.{item['name']}"
        for parent in item.get("dependencies", []):
            op.nodes.connect(f"{pod.name}.{parent}", name)
        if not item.get("dependencies"):
            op.nodes.connect(pod.name, name)


def mark_nodes(op: RunState, pod: Node, ends: Mapping[str, tuple[str, str]]) -> None:
    """Give each container's node its phase and its message."""
    for name, (phase, message) in ends.items():
        node = op.nodes.named(f"{pod.name}.{name}")
        if node is not None and node.type == "Container" and not node.settled:
            op.mark(node, phase, message)
