"""A DAG: which of its tasks run, and when it is over (workflow/controller/dag.go)."""

from __future__ import annotations

import functools

from dac.run.argo import dag_phase, depends, fanout, hooks, outputs
from dac.run.argo.dag_scope import DagScopes
from dac.run.argo.expression import ExpressionError, should_execute
from dac.run.argo.failure import ParallelismReached, Requeued, Stopped, TimedOut, TooDeep
from dac.run.argo.library import Base
from dac.run.argo.node import JSON, Node
from dac.run.argo.scope import ScopeError
from dac.run.argo.state import Options, RunState
from dac.run.argo.tags import TagError


def execute(op: RunState, node: Node, base: Base, template: JSON, options: Options) -> Node:
    """Move a DAG's node on.

    Raises:
        Stopped: The DAG itself is in error.
    """
    _Dag(op, node, base, template, options).run()
    return node


class _Dag:
    def __init__(self, op: RunState, node: Node, base: Base, template: JSON, options: Options) -> None:
        self.op, self.node, self.base, self.template, self.options = op, node, base, template, options
        self.tasks: dict[str, JSON] = {task["name"]: task for task in template["dag"]["tasks"]}
        resolved = {name: depends.resolve(task, self.tasks) for name, task in self.tasks.items()}
        self.needs = {name: names for name, (names, _) in resolved.items()}
        self.conditions = {name: condition for name, (_, condition) in resolved.items()}
        self.scopes = DagScopes(op, node, base, template, self.tasks, self.needs)
        self.visited: set[str] = set()

    def name(self, task: str) -> str:
        return f"{self.node.name}.{task}"

    def task_node(self, task: str) -> Node | None:
        return self.scopes.task_node(task)

    @property
    def targets(self) -> list[str]:
        if target := self.template["dag"].get("target"):
            return list(target.split(" "))
        return sorted(set(self.tasks) - {name for names in self.needs.values() for name in names})

    def run(self) -> None:
        op, targets = self.op, self.targets
        exits_done = True
        for name in self.tasks:
            if (task := self.task_node(name)) is not None and task.daemoned:
                self.visit(name)
        for name in targets:
            self.visit(name)
            exits_done = self.finish_target(name) and exits_done
        stopped = bool(op.shutdown) and exits_done
        phase = dag_phase.phase(op, self.node, self.template, self.tasks, targets, stopped)
        if phase == "Running":
            return
        if phase not in ("Failed", "Error"):
            # Where an output is not available the DAG is left without last nodes: nothing can follow it.
            try:
                own_outputs = outputs.of_template(self.template, self.scopes.of_outputs())
            except ScopeError as error:
                raise Stopped(str(error), self.node) from error
            if own_outputs is not None:
                self.node.outputs = own_outputs
        ends = [op.nodes.outbound(node.id) for name in targets if (node := self.task_node(name))]
        self.node.outbound = [node_id for ids in ends for node_id in ids]
        op.mark(self.node, phase)

    @functools.cached_property
    def has_missing(self) -> bool:
        """Whether the items of a loop name its template, so that what follows it has no scope."""
        return any(self.scopes.missing(name) for name in self.tasks)

    def finish_target(self, name: str) -> bool:
        """Run the hooks and the exit handler of a target task; return whether nothing is left of its exit handler."""
        node, task = self.task_node(name), self.tasks[name]
        if node is None or not (hooks.has_any(task) or self.has_missing):
            return True
        try:
            node_hooks = self.hooks_of(name, node)
            node_hooks.run()
            return node_hooks.run_exit() if node.completed else True
        except Stopped as error:
            self.op.mark(self.node, "Error", str(error))
            raise

    def hooks_of(self, name: str, node: Node) -> hooks.NodeHooks:
        scope = self.scopes.of_task(name)
        scope.values[f"tasks.{name}.status"] = node.phase
        return hooks.NodeHooks(self.op, self.tasks[name], node, self.node.id, self.base, f"tasks.{name}", scope)

    # -- one task

    def visit(self, name: str) -> None:
        """Execute a task's dependencies, then the task where they let it (executeDAGTask)."""
        if name in self.visited:
            return
        self.visited.add(name)
        op, task, node = self.op, self.tasks[name], self.task_node(name)
        if node is not None and (node.fulfilled or node.phase == "Running") and task.get("hooks"):
            node_hooks = self.hooks_of(name, node)
            try:
                if not node_hooks.run():
                    return
            except Stopped as error:
                op.mark(node, "Error", str(error))
                return
        if node is not None and node.settled:
            if why := self.scopes.missing(name):
                op.mark(node, "Error", why)
            else:
                self.run_exit(name, node)
            return
        if self.conditions[name]:
            for dependency in self.needs[name]:
                self.visit(dependency)
            try:
                proceed, met = self.decide(name)
            except ExpressionError as error:
                self.skip(name, "Error", str(error))
                return
            if not proceed:
                return
            if not met:
                self.skip(name, "Omitted", "omitted: depends condition not met")
                return
        self.start(name)

    def run_exit(self, name: str, node: Node) -> bool:
        """Run a task's exit handler where it has one that is due; return whether nothing is left of it."""
        self.op.locks.release(node.id)
        if not node.completed or hooks.exit_hook(self.tasks[name], {}) is None:
            return True
        node_hooks = self.hooks_of(name, node)
        try:
            return node_hooks.run_exit()
        except Stopped:
            return False

    def decide(self, name: str) -> tuple[bool, bool]:
        """Return whether a task's dependencies are over, and whether its condition holds (evaluateDependsLogic)."""
        if self.task_node(name) is not None:
            return True, True
        results = {}
        for dependency in self.needs[name]:
            node = self.task_node(dependency)
            if node is None or not node.fulfilled or not self.op.nodes.hooks_fulfilled(node):
                return False, False
            children = [self.op.nodes.get(child).phase for child in node.children] if node.type == "TaskGroup" else None
            results[dependency.replace("-", "_")] = depends.truths(node.phase, node.daemoned, children)
        condition = self.conditions[name].replace("-", "_")
        try:
            return True, self.op.expressions.evaluate_bool(condition, results)
        except ExpressionError as error:
            raise ExpressionError(f"unable to evaluate expression '{condition}': {error}") from error

    def skip(self, name: str, phase: str, message: str, node_name: str | None = None) -> None:
        node_name = node_name or self.name(name)
        if self.op.nodes.named(node_name) is None:
            self.op.add(node_name, "Skipped", self.tasks[name], self.node.id, phase, message)
        self.connect(name, node_name)

    def connect(self, name: str, node_name: str) -> None:
        """Put a task's node under its loop's node, the last nodes of its dependencies, or the DAG."""
        op, group = self.op, self.task_node(name)
        if group is not None and group.type == "TaskGroup" and group.name != node_name:
            op.nodes.connect(group.name, node_name)
        elif not self.needs[name]:
            op.nodes.connect(self.node.name, node_name)
        else:
            for dependency in self.needs[name]:
                node = self.task_node(dependency)
                for last in op.nodes.outbound(node.id) if node else []:
                    op.nodes.connect(op.nodes.get(last).name, node_name)

    def start(self, name: str) -> None:
        op, task, group = self.op, self.tasks[name], self.task_node(name)
        try:
            tasks = op.loops.tasks(self.name(name), self.reference(name), lambda: self.values(name), keep_items=True)
        except Requeued as error:
            op.waiting[self.name(name)] = str(error)
            return
        except (Stopped, ScopeError, ExpressionError, TagError, fanout.FanoutError) as error:
            self.skip(name, "Error", str(error))
            return
        if fanout.expands(task):
            if not tasks:
                self.skip(name, "Skipped", "Skipped, empty params")
            elif group is None:
                op.add(self.name(name), "TaskGroup", task, self.node.id, "Running")
                self.connect(name, self.name(name))
        for expanded in tasks:
            if not self.run_task(name, expanded):
                return
        self.end_group(name, tasks)

    def values(self, name: str) -> dict[str, str]:
        """Return what the tags of a task can name."""
        return {**self.op.globals, **self.scopes.of_task(name).parameters}

    def reference(self, name: str) -> JSON:
        """Return a task with what its dependencies gave put in (resolveDependencyReferences)."""
        scope = self.scopes.of_task(name)
        return outputs.referenced(self.tasks[name], scope, {**self.op.globals, **scope.parameters}, artifact_error=str)

    def run_task(self, name: str, expanded: JSON) -> bool:
        """Execute one task of a loop, or the only one.

        Returns:
            Whether to go on with the others; else they wait for a later reconciliation.
        """
        op, node_name = self.op, self.name(expanded["name"])
        node = op.nodes.named(node_name)
        if node is not None and node.settled and not hooks.has_any(self.tasks[name]):
            op.locks.release(node.id)
            return True
        if node is None:
            self.connect(name, node_name)  # even before it is there: a DAG that waits to make a node is not over
            try:
                proceed = should_execute(expanded.get("when", ""))
            except ExpressionError as error:
                self.skip(name, "Error", str(error), node_name)
                return True
            if not proceed:
                self.skip(name, "Skipped", f"when '{expanded['when']}' evaluated false", node_name)
                return True
        holder = {**expanded, "kind": "tasks"}
        options = Options(boundary=self.node.id, on_exit=self.options.on_exit)
        try:
            node = op.execute(node_name, holder, self.base, expanded.get("arguments", {}), options)
        except (ParallelismReached, TooDeep) as error:
            node = error.node
        except TimedOut as error:
            if error.node is not None:
                op.mark(error.node, "Failed", str(error))
            return False
        except Stopped as error:
            failed = op.nodes.named(node_name)
            if failed is not None:
                op.mark(failed, "Error", f"task '{node_name}' errored: {error}")
            return False
        if node is None:
            return False
        return not node.completed or self.run_exit(name, node)

    def end_group(self, name: str, tasks: list[JSON]) -> None:
        group = self.task_node(name)
        if group is None or group.type != "TaskGroup":
            return
        phase = "Succeeded"
        for task in tasks:
            node = self.task_node(task["name"])
            if node is None or not node.fulfilled:
                return
            phase = node.phase if node.unsuccessful else phase
        self.op.mark(group, phase)
