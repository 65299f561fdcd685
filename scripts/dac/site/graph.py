"""A template's DAG as nodes and edges, each node with the graph inside it where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dac.model.task import LOOPS, needs, notes

_DEEPEST = 4  # graphs inside one another that are drawn


@dataclass(frozen=True, slots=True)
class Node:
    """One task.

    Attributes:
        name: as the template calls it.
        notes: what else is said of it, a few words each.
        many: whether it runs once for each of several items.
        inner: what it consists of; None for a task that is one pod.
    """

    name: str
    notes: tuple[str, ...] = ()
    many: bool = False
    inner: Graph | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One task waits for another.

    Attributes:
        before, after: indexes of nodes.
        after_success: whether it waits for success alone.
    """

    before: int
    after: int
    after_success: bool = True


@dataclass(frozen=True, slots=True)
class Graph:
    """Tasks and what they wait for; no task waits, over others or not, for itself."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = field(default=())


def graph_of(spec: Mapping[str, Any]) -> Graph:
    """Return the DAG of a ClusterWorkflowTemplate's spec: the entrypoint's tasks, and the exit handler behind them."""
    templates = {str(template.get("name")): template for template in spec.get("templates", [])}
    name = str(spec.get("entrypoint", ""))
    graph = _inside(templates.get(name, {}), templates, (name,)) or Graph((Node(name),))
    if not spec.get("onExit"):
        return graph
    exits = len(graph.nodes)
    waited_for = {edge.before for edge in graph.edges}
    ends = [index for index in range(exits) if index not in waited_for]
    handler = Node(str(spec["onExit"]), ("at the end, whatever happened",))
    return Graph((*graph.nodes, handler), (*graph.edges, *(Edge(index, exits, False) for index in ends)))


def _inside(template: Mapping[str, Any], templates: Mapping[str, Any], path: tuple[str, ...]) -> Graph | None:
    """Return the graph that a template consists of; None where it is one pod."""
    if "dag" in template:
        return _of_dag(template["dag"].get("tasks", []), templates, path)
    if "steps" in template:
        return _of_steps(template["steps"], templates, path)
    return None


def _of_dag(tasks: list[Mapping[str, Any]], templates: Mapping[str, Any], path: tuple[str, ...]) -> Graph:
    indexes = {str(task.get("name")): index for index, task in enumerate(tasks)}
    waits: dict[int, list[tuple[int, str]]] = {
        index: [(indexes[name], state) for name, state in needs(task) if name in indexes]
        for index, task in enumerate(tasks)
    }
    nodes = []
    for index, task in enumerate(tasks):
        after = tuple(f"after {tasks[before]['name']} {state}" for before, state in waits[index] if state)
        nodes.append(_node(task, after, templates, path))
    edges = [Edge(before, index, not state) for index, others in waits.items() for before, state in others]
    return _drawable(Graph(tuple(nodes), tuple(edges)))


def _of_steps(groups: list[Any], templates: Mapping[str, Any], path: tuple[str, ...]) -> Graph:
    nodes: list[Node] = []
    edges: list[Edge] = []
    former: list[int] = []
    for group in groups:
        tasks = group if isinstance(group, list) else [group]
        indexes = list(range(len(nodes), len(nodes) + len(tasks)))
        nodes += [_node(task, (), templates, path) for task in tasks]
        edges += [Edge(before, after) for before in former for after in indexes]
        former = indexes
    return Graph(tuple(nodes), tuple(edges))


def _node(task: Mapping[str, Any], after: tuple[str, ...], templates: Mapping[str, Any], path: tuple[str, ...]) -> Node:
    name = str(task.get("template", ""))
    inner = None
    if name not in path and len(path) < _DEEPEST:
        inner = _inside(templates.get(name, {}), templates, (*path, name))
    if inner and len(inner.nodes) == 1:
        inner = inner.nodes[0].inner  # a box with one box in it says nothing
    many = any(loop in task for loop in LOOPS)
    return Node(str(task.get("name", "")), (*notes(task), *after), many, inner)


def _drawable(graph: Graph) -> Graph:
    """Leave out the edges that close a circle, which Argo refuses, and those that others say already.

    What waits for the success of a task that itself waits for another need not be joined to that other one too.
    """
    kept: list[Edge] = []
    behind: dict[int, set[int]] = {index: {index} for index in range(len(graph.nodes))}  # what is reached from each
    for edge in graph.edges:
        if edge.before in behind[edge.after]:
            continue
        kept.append(edge)
        for reached in behind.values():
            if edge.before in reached:
                reached |= behind[edge.after]
    following: dict[int, set[int]] = {index: set() for index in range(len(graph.nodes))}
    for edge in kept:
        following[edge.before].add(edge.after)
    needed = [
        edge
        for edge in kept
        if not edge.after_success
        or not any(edge.after in behind[other] for other in following[edge.before] - {edge.after})
    ]
    return Graph(graph.nodes, tuple(needed))
