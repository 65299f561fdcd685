"""What a task of a DAG sees of the tasks before it (buildLocalScopeFromTask of workflow/controller/dag.go)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dac.run.argo import outputs
from dac.run.argo.failure import Stopped
from dac.run.argo.library import Base, NotFound
from dac.run.argo.node import JSON, Node
from dac.run.argo.scope import Scope
from dac.run.argo.state import RunState


@dataclass(frozen=True, slots=True)
class DagScopes:
    """Makes the scopes of one DAG's tasks.

    Attributes:
        op: the run.
        node: of the DAG.
        base: what its tasks' template names are looked up in.
        template: the DAG's.
        tasks: by name.
        needs: task -> those that it depends on itself.
    """

    op: RunState
    node: Node
    base: Base
    template: JSON
    tasks: Mapping[str, JSON]
    needs: Mapping[str, Iterable[str]]

    def task_node(self, task: str) -> Node | None:
        """Return a task's node, if it has one yet."""
        return self.op.nodes.named(f"{self.node.name}.{task}")

    def of_task(self, name: str) -> Scope:
        """Return what a task sees: its ancestors, in order of their ends.

        Raises:
            Stopped: An ancestor has no node, or is a loop whose items name its template.
        """
        op = self.op
        scope = Scope(self.template, op.tags)
        scope.add_outputs("workflow", op.outputs)
        for ancestor in self._ancestors(name):
            node = self.task_node(ancestor)
            if node is None:
                raise Stopped(f"Ancestor task node {ancestor} not found")
            prefix = f"tasks.{ancestor}"
            if node.type == "TaskGroup":
                if why := self.missing(ancestor):
                    raise Stopped(why)
                loop = [n for n in op.nodes.within(self.node.id) if n.name.startswith(node.name + "(")]
                outputs.aggregate(scope, prefix, loop)
            scope.add_node(prefix, node, op.nodes)
            if node.phase in ("Skipped", "Omitted") and node.outputs is None:
                self._add_empty_outputs(scope, ancestor, prefix)
        return scope

    def missing(self, task: str) -> str:
        """Return why no template has the name that a task gives as it is written; empty where one has.

        The controller looks a task up by that name once it is over, though each item of a loop may name another.
        """
        holder = self.tasks[task]
        if "{{" not in f"{holder.get('template')}{holder.get('templateRef')}":
            return ""  # it was there when the task began
        try:
            self.op.library.resolve(self.base, holder)
        except NotFound as error:
            return str(error)
        return ""

    def of_outputs(self) -> Scope:
        """Return what the DAG's own outputs see: all of its tasks."""
        scope = Scope(self.template, self.op.tags)
        for name in self.tasks:
            node = self.task_node(name)
            if node is None:
                continue
            if node.type == "TaskGroup":
                outputs.aggregate(scope, f"tasks.{name}", [self.op.nodes.get(child) for child in node.children])
            scope.add_node(f"tasks.{name}", node, self.op.nodes)
            self.op.publish(node.outputs)
        return scope

    def _ancestors(self, name: str) -> list[str]:
        seen: dict[str, None] = {}

        def visit(task: str) -> None:
            for dependency in self.needs[task]:
                if dependency not in seen:
                    visit(dependency)
                    seen[dependency] = None

        visit(name)
        seen.pop(name, None)
        ends = {task: (n.finished or n.started) if (n := self.task_node(task)) else self.node.started for task in seen}
        return sorted(seen, key=lambda task: ends[task])

    def _add_empty_outputs(self, scope: Scope, task: str, prefix: str) -> None:
        """Add the output parameters of a task that did not run, empty."""
        try:
            _, template = self.op.library.resolve(self.base, self.tasks[task])
        except NotFound:
            return
        for parameter in template.get("outputs", {}).get("parameters", []):
            scope.values[f"{prefix}.outputs.parameters.{parameter['name']}"] = ""
