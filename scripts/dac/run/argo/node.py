"""The nodes of a run, named and numbered as Argo's.

Source: pkg/apis/workflow/v1alpha1, workflow/controller/node_counters.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

JSON = dict[str, Any]
COMPLETED = {"Succeeded", "Failed", "Error"}
_SEPARATOR = re.compile(r"^(\[\d+\])?\.")


def fnv32a(text: str) -> int:
    """Return the 32-bit FNV-1a hash that ends the names of nodes and pods."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


@dataclass(slots=True)
class Node:
    """One node of the run's tree.

    Attributes:
        type: Pod, Container, HTTP, DAG, Steps, StepGroup, TaskGroup, Retry, Skipped or Suspend.
        template: the template's name; empty for one that is written in place.
        boundary: id of the DAG or steps node that it belongs to.
        outputs: parameters, artifacts, result, exitCode, in the shape of Argo's own status.
        waiting: name of the lock that it waits for.
        pod: whether a process was started for it.
        memo: the cache and the key that its outputs are saved under; None where its template is not memoized.
    """

    id: str
    name: str
    display: str
    type: str
    template: str
    boundary: str
    phase: str
    started: datetime
    finished: datetime | None = None
    message: str = ""
    inputs: JSON | None = None
    outputs: JSON | None = None
    children: list[str] = field(default_factory=list)
    outbound: list[str] = field(default_factory=list)
    hooked: bool = False
    retried: bool = False
    daemoned: bool = False
    ip: str = ""
    waiting: str = ""
    pod: bool = False
    memo: tuple[str, str] | None = None

    @property
    def settled(self) -> bool:
        """Whether it is done for good: completed, skipped or omitted."""
        return self.phase in COMPLETED or self.phase in ("Skipped", "Omitted")

    @property
    def fulfilled(self) -> bool:
        """Whether what depends on it may go on: it is settled, or a daemon that is up."""
        return self.settled or (self.daemoned and self.phase != "Pending")

    @property
    def completed(self) -> bool:
        """Whether it ran and ended."""
        return self.phase in COMPLETED

    @property
    def unsuccessful(self) -> bool:
        """Whether it ended, and not well."""
        return self.phase in ("Failed", "Error")

    @property
    def seconds(self) -> int:
        """How long it took, in whole seconds as Argo's times are kept."""
        return int((self.finished - self.started).total_seconds()) if self.finished else 0


class Nodes:
    """All nodes of a run, by id."""

    def __init__(self, workflow: str) -> None:
        self.workflow = workflow
        self.by_id: dict[str, Node] = {}
        self.by_boundary: dict[str, list[Node]] = {}
        # Asked for each child at each reconciliation: a loop of thousands would spend its time on hashes and lists.
        self._ids: dict[str, str] = {}
        self._connected: set[tuple[str, str]] = set()

    def __iter__(self) -> Iterator[Node]:
        return iter(list(self.by_id.values()))

    def id(self, name: str) -> str:
        """Return the id of the node of that name."""
        if name not in self._ids:
            self._ids[name] = name if name == self.workflow else f"{self.workflow}-{fnv32a(name)}"
        return self._ids[name]

    def named(self, name: str) -> Node | None:
        """Return the node of that name, if there is one yet."""
        return self.by_id.get(self.id(name))

    def get(self, node_id: str) -> Node:
        """Return the node of that id."""
        return self.by_id[node_id]

    def add(self, node: Node) -> Node:
        """Add a node, and return it."""
        if node.id in self.by_id:
            raise AssertionError(f"node {node.name} already initialized")
        self.by_id[node.id] = node
        self.by_boundary.setdefault(node.boundary, []).append(node)
        return node

    def display(self, name: str, boundary: str) -> str:
        """Return the short name: without the boundary's, a step group's number and the dot."""
        if boundary not in self.by_id:
            return name
        short = name.removeprefix(self.by_id[boundary].name)
        return _SEPARATOR.sub("", short)

    def connect(self, parent: str, child: str) -> None:
        """Make `child` one of the children of `parent`, both by name; once."""
        pair = self.id(parent), self.id(child)
        if pair not in self._connected:
            self._connected.add(pair)
            self.by_id[pair[0]].children.append(pair[1])

    def within(self, boundary: str) -> list[Node]:
        """Return the nodes of a DAG or steps node."""
        return self.by_boundary.get(boundary, [])

    def active_pods(self, boundary: str = "") -> int:
        """Count the pods that are under way, of one boundary or of the whole run."""
        nodes = self.within(boundary) if boundary else list(self.by_id.values())
        return sum(n.type == "Pod" and n.phase in ("Pending", "Running") and not n.waiting and n.pod for n in nodes)

    def active_children(self, boundary: str) -> int:
        """Count the pods, steps and DAGs of a boundary that are under way."""
        kinds = ("Pod", "Steps", "DAG")
        return sum(n.type in kinds and n.phase in ("Pending", "Running") for n in self.within(boundary))

    def unsuccessful_children(self, boundary: str) -> int:
        """Count the pods, steps and DAGs of a boundary that ended, and not well."""
        return sum(n.type in ("Pod", "Steps", "DAG") and n.unsuccessful for n in self.within(boundary))

    def tries(self, node: Node) -> list[Node]:
        """Return the attempts of a retry node, in order, without its hooks."""
        return [child for child in (self.by_id[i] for i in node.children if i in self.by_id) if child.retried]

    def last_try(self, node: Node) -> Node | None:
        """Return the last child of a retry node that is not a hook; None where it has none, or for any other node."""
        if node.type != "Retry":
            return None
        children = [self.by_id[child] for child in node.children if child in self.by_id]
        return next((child for child in reversed(children) if not child.hooked), None)

    def children_fulfilled(self, node: Node) -> bool:
        """Whether every leaf below a node is fulfilled."""
        seen, waiting = {node.id}, [node]
        while waiting:  # not by recursion: what follows a step is below it, hundreds deep
            node = waiting.pop()
            if not node.children and not node.fulfilled:
                return False
            below = [child for child in node.children if child in self.by_id and child not in seen]
            seen.update(below)
            waiting += [self.by_id[child] for child in below]
        return True

    def hooks_fulfilled(self, node: Node) -> bool:
        """Whether every hook of a node is over."""
        return all(self.by_id[c].fulfilled for c in node.children if c in self.by_id and self.by_id[c].hooked)

    def outbound(self, node_id: str) -> list[str]:
        """Return the last nodes under a node: the parents of the next step or task (getOutboundNodes)."""
        node = self.by_id[node_id]
        if node.type in ("Skipped", "Suspend", "HTTP") or (node.type == "Pod" and not self._containers(node)):
            return [node.id]
        if node.type in ("Pod", "Container"):
            below = self._containers(node)
            return [last for child in below for last in self.outbound(child.id)] if below else [node.id]
        if node.type in ("Steps", "DAG") and node.memo is not None and not node.children:  # recalled, and never run
            return [node.id]
        if node.type == "TaskGroup":
            if not node.children:
                return [node.id]
            return [last for child in node.children for last in self.outbound(child)]
        if node.type == "Retry" and node.children:
            return [node.children[-1]]
        return [last for child in node.outbound for last in self.outbound(child)]

    def _containers(self, node: Node) -> list[Node]:
        """Return the nodes of a container set right below its pod's or a container's."""
        boundary = node.id if node.type == "Pod" else node.boundary
        # What waits for its DAG's parallelism is below a node before it is there.
        children = [self.by_id[child] for child in node.children if child in self.by_id]
        return [child for child in children if child.type == "Container" and child.boundary == boundary]

    def in_exit_handler(self, node: Node) -> bool:
        """Whether a node is part of an exit handler."""
        while not node.display.endswith(".onExit"):
            if not node.boundary:
                return False
            node = self.by_id[node.boundary]
        return True
