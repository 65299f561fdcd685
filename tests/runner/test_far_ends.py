"""A run of many nodes below one another goes on, and numbers end where Go's do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dac.run.argo.fanout import FanoutError, sequence
from dac.run.argo.node import Node
from dac.run.argo.nodes import Nodes
from runner_harness import run_text
from workflows import leaf, workflow

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


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"retryStrategy": {"limit": "9" * 20}}, f"value '{'9' * 20}' cannot be resolved to an int"),
        ({"retryStrategy": {"limit": "4294967296"}}, "No more retries left"),  # an int32 goes round: 0
    ],
)
def test_a_limit_is_a_number_of_32_bits(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    assert message in run_text(workflow([leaf("exit 1", **fields)]), tmp_path)["message"]


def test_a_sequence_ends_where_numbers_of_64_bits_do() -> None:
    with pytest.raises(FanoutError, match=r'parsing "9{20}": value out of range'):
        list(sequence({"count": "9" * 20}))
