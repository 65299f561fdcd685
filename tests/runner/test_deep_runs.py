"""A run of many nodes below one another goes on: no function calls itself for each of them."""

from __future__ import annotations

from datetime import UTC, datetime

from dac.run.argo.node import Node, Nodes

DEPTH = 10_000


def test_the_leaves_below_a_node_are_looked_at_however_deep_they_are() -> None:
    nodes = Nodes("w")
    for number in range(DEPTH):
        name = f"w.{number}"
        nodes.add(Node(nodes.id(name), name, name, "Pod", "", "", "Succeeded", datetime.now(UTC)))
        if number:
            nodes.connect(f"w.{number - 1}", name)
    top, leaf = nodes.get(nodes.id("w.0")), nodes.get(nodes.id(f"w.{DEPTH - 1}"))
    assert nodes.children_fulfilled(top)
    leaf.phase = "Running"
    assert not nodes.children_fulfilled(top)
