"""All nodes of a run: its tree, and which of them changed (workflow/controller/node_counters.go)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dac.run.argo.node import Node, fnv32a

_SEPARATOR = re.compile(r"^(\[\d+\])?\.")


class Nodes:
    """All nodes of a run, by id.

    Those that changed, are under way or failed are kept apart, so that a reconciliation need not look at every node.
    """

    def __init__(self, workflow: str) -> None:
        self.workflow = workflow
        self.by_id: dict[str, Node] = {}
        self.by_boundary: dict[str, list[Node]] = {}
        # Asked for each child at each reconciliation: a loop of thousands would spend its time on hashes and lists.
        self._ids: dict[str, str] = {}
        self._connected: set[tuple[str, str]] = set()
        self._touched: dict[str, tuple[object, ...]] = {}  # id -> what it was at the last `changes`; () of a new one
        self._active: dict[str, Node] = {}  # under way
        self._failed: dict[str, Node] = {}
        self._numbers: dict[str, int] = {}  # id -> its number, in the order in which they were added

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
        self._numbers[node.id] = len(self._numbers)
        self._touched[node.id] = ()
        node.watch = self
        self.after(node)
        return node

    def before(self, node: Node) -> None:
        """Keep what a node is before it changes."""
        if node.id not in self._touched:
            self._touched[node.id] = node.progress

    def after(self, node: Node) -> None:
        """Put a node among those under way or those that failed, by its phase."""
        for kept, belongs in ((self._active, node.phase in ("Pending", "Running")), (self._failed, node.unsuccessful)):
            if belongs:
                kept[node.id] = node
            else:
                kept.pop(node.id, None)

    def changes(self) -> tuple[list[Node], bool]:
        """Return the nodes that were set since the last call, and whether one of them is not where it was then."""
        touched, self._touched = self._touched, {}
        moved = any(self.by_id[node_id].progress != before for node_id, before in touched.items())
        return self._in_order(map(self.get, touched)), moved

    @property
    def failed(self) -> list[Node]:
        """The nodes that ended, and not well, in the order in which they were added."""
        return self._in_order(self._failed.values())

    def _in_order(self, nodes: Iterable[Node]) -> list[Node]:
        return sorted(nodes, key=lambda node: self._numbers[node.id])

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
            self.before(self.by_id[pair[0]])
            self.by_id[pair[0]].children.append(pair[1])

    def within(self, boundary: str) -> list[Node]:
        """Return the nodes of a DAG or steps node."""
        return self.by_boundary.get(boundary, [])

    def active_pods(self, boundary: str = "") -> int:
        """Count the pods that are under way, of one boundary or of the whole run."""
        active = [node for node in self._active.values() if not boundary or node.boundary == boundary]
        return sum(node.type == "Pod" and not node.waiting and node.pod for node in active)

    def active_children(self, boundary: str) -> int:
        """Count the pods, steps and DAGs of a boundary that are under way."""
        kinds = ("Pod", "Steps", "DAG")
        return sum(node.type in kinds and node.boundary == boundary for node in self._active.values())

    def unsuccessful_children(self, boundary: str) -> int:
        """Count the pods, steps and DAGs of a boundary that ended, and not well."""
        kinds = ("Pod", "Steps", "DAG")
        return sum(node.type in kinds and node.boundary == boundary for node in self._failed.values())

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
