"""A DAG: which of its tasks run, and when it is over (workflow/controller/dag.go)."""

from __future__ import annotations

from dac.run.argo import dag_phase, depends, fanout, gojson, hooks, outputs
from dac.run.argo.expression import ExpressionError, should_execute
from dac.run.argo.failure import ParallelismReached, Requeued, Stopped, TimedOut, TooDeep
from dac.run.argo.library import Base, NotFound
from dac.run.argo.node import JSON, Node
from dac.run.argo.scope import Scope, ScopeError
from dac.run.argo.state import Options, RunState
from dac.run.argo.tags import TagError


def execute(op: RunState, node: Node, base: Base, dag_template: JSON, options: Options) -> Node:
    """Moves a DAG's node on.

    Raises:
        Stopped: the DAG itself is in error.
    """
    _Dag(op, node, base, dag_template, options).run()
    return node


class _Dag:
    def __init__(self, op: RunState, node: Node, base: Base, found: JSON, options: Options) -> None:
        self.op, self.node, self.base, self.template, self.options = op, node, base, found, options
        self.tasks: dict[str, JSON] = {task["name"]: task for task in found["dag"]["tasks"]}
        self.resolved = {name: depends.resolve(task, self.tasks) for name, task in self.tasks.items()}
        self.visited: set[str] = set()

    def name(self, task: str) -> str:
        return f"{self.node.name}.{task}"

    def found(self, task: str) -> Node | None:
        return self.op.nodes.named(self.name(task))

    @property
    def targets(self) -> list[str]:
        if target := self.template["dag"].get("target"):
            return list(target.split(" "))
        needed = {name for names, _ in self.resolved.values() for name in names}
        return sorted(set(self.tasks) - needed)

    def run(self) -> None:
        op, targets = self.op, self.targets
        exits_done = True
        for name in targets:
            self.visit(name)
            exits_done = self.finish_target(name) and exits_done
        stopped = bool(op.shutdown) and exits_done
        phase = dag_phase.phase(op, self.node, self.template, self.tasks, targets, stopped)
        if phase == "Running":
            return
        if phase not in ("Failed", "Error"):
            # Where an output is not available the DAG is left without last nodes: nothing can hang below it.
            try:
                given = outputs.of_template(self.template, self.whole_scope())
            except ScopeError as fault:
                raise Stopped(str(fault), self.node) from fault
            if given is not None:
                self.node.outputs = given
        self.node.outbound = [found for name in targets if (n := self.found(name)) for found in op.nodes.outbound(n.id)]
        op.mark(self.node, phase)

    def finish_target(self, name: str) -> bool:
        """Hooks and exit handler of a target task; whether its exit handler, if any, is over."""
        op, node, task = self.op, self.found(name), self.tasks[name]
        if node is None or not (task.get("hooks") or task.get("onExit")):
            return True
        scope = self.scope(name)
        scope.values[f"tasks.{name}.status"] = node.phase
        try:
            hooks.of_node(op, task, node, self.node.id, self.base, f"tasks.{name}", scope)
            if not node.completed:
                return True
            hook = hooks.exit_hook(task, op.spec.get("arguments", {}))
            due, exit_node = hooks.exit_of_node(op, hook, node, self.node.id, self.base, f"tasks.{name}", scope)
        except Stopped as fault:
            op.mark(self.node, "Error", str(fault))
            raise
        return not due or (exit_node is not None and exit_node.fulfilled)

    def whole_scope(self) -> Scope:
        """The scope that the DAG's outputs are resolved in: all of its tasks."""
        scope = Scope(self.template, self.op.tags)
        for name in self.tasks:
            node = self.found(name)
            if node is None:
                continue
            if node.type == "TaskGroup":
                outputs.aggregate(scope, f"tasks.{name}", [self.op.nodes.get(child) for child in node.children])
            scope.add_node(f"tasks.{name}", node, self.op.nodes)
            self.op.publish(node.outputs)
        return scope

    def scope(self, name: str) -> Scope:
        """What a task sees: its ancestors, in order of their ends (buildLocalScopeFromTask)."""
        op = self.op
        scope = Scope(self.template, self.op.tags)
        scope.add_outputs("workflow", op.outputs)
        for ancestor in self.ancestry(name):
            node = self.found(ancestor)
            if node is None:
                raise Stopped(f"Ancestor task node {ancestor} not found")
            prefix = f"tasks.{ancestor}"
            if node.type == "TaskGroup":
                own = [n for n in op.nodes.within(self.node.id) if n.name.startswith(node.name + "(")]
                outputs.aggregate(scope, prefix, own)
            scope.add_node(prefix, node, op.nodes)
            if node.phase in ("Skipped", "Omitted") and node.outputs is None:
                self.empty_outputs(scope, ancestor, prefix)
        return scope

    def empty_outputs(self, scope: Scope, ancestor: str, prefix: str) -> None:
        """A task that did not run has its template's output parameters, empty."""
        try:
            _, found = self.op.library.resolve(self.base, self.tasks[ancestor])
        except NotFound:
            return
        for parameter in found.get("outputs", {}).get("parameters", []):
            scope.values[f"{prefix}.outputs.parameters.{parameter['name']}"] = ""

    def ancestry(self, name: str) -> list[str]:
        seen: dict[str, None] = {}

        def visit(task: str) -> None:
            for dependency in self.resolved[task][0]:
                if dependency not in seen:
                    visit(dependency)
                    seen[dependency] = None

        visit(name)
        seen.pop(name, None)
        ends = {task: (n.finished or n.started) if (n := self.found(task)) else self.node.started for task in seen}
        return sorted(seen, key=lambda task: ends[task])

    # -- one task

    def visit(self, name: str) -> None:
        """Executes a task's dependencies, then the task where they let it (executeDAGTask)."""
        if name in self.visited:
            return
        self.visited.add(name)
        op, task, node = self.op, self.tasks[name], self.found(name)
        if node is not None and (node.fulfilled or node.phase == "Running") and task.get("hooks"):
            scope = self.scope(name)
            scope.values[f"tasks.{name}.status"] = node.phase
            try:
                if not hooks.of_node(op, task, node, self.node.id, self.base, f"tasks.{name}", scope):
                    return
            except Stopped as fault:
                op.mark(node, "Error", str(fault))
                return
        if node is not None and node.settled:
            self.exit_of(name, task, node)
            return
        if self.resolved[name][1]:
            for dependency in self.resolved[name][0]:
                self.visit(dependency)
            try:
                proceed, met = self.decide(name)
            except ExpressionError as fault:
                self.skip(name, "Error", str(fault))
                return
            if not proceed:
                return
            if not met:
                self.skip(name, "Omitted", "omitted: depends condition not met")
                return
        self.start(name)

    def exit_of(self, name: str, task: JSON, node: Node) -> bool:
        """Runs a task's exit handler where it has one that is due; whether nothing is left of it."""
        op = self.op
        op.locks.release(node.id)
        hook = hooks.exit_hook(task, op.spec.get("arguments", {}))
        if hook is None or not node.completed:
            return True
        scope = self.scope(name)
        scope.values[f"tasks.{name}.status"] = node.phase
        try:
            due, exit_node = hooks.exit_of_node(op, hook, node, self.node.id, self.base, f"tasks.{name}", scope)
        except Stopped:
            return False
        return not due or (exit_node is not None and exit_node.fulfilled)

    def decide(self, name: str) -> tuple[bool, bool]:
        """Whether a task's dependencies are over, and whether its condition holds (evaluateDependsLogic)."""
        if self.found(name) is not None:
            return True, True
        seen = {}
        for dependency in self.resolved[name][0]:
            node = self.found(dependency)
            if node is None or not node.fulfilled or not self.op.nodes.hooks_fulfilled(node):
                return False, False
            children = [self.op.nodes.get(child).phase for child in node.children] if node.type == "TaskGroup" else None
            seen[dependency.replace("-", "_")] = depends.truths(node.phase, node.daemoned, children)
        logic = self.resolved[name][1].replace("-", "_")
        try:
            return True, self.op.expressions.evaluate_bool(logic, seen)
        except ExpressionError as fault:
            raise ExpressionError(f"unable to evaluate expression '{logic}': {fault}") from fault

    def skip(self, name: str, phase: str, message: str, node_name: str | None = None) -> None:
        node_name = node_name or self.name(name)
        if self.op.nodes.named(node_name) is None:
            self.op.add(node_name, "Skipped", self.tasks[name], self.node.id, phase, message)
        self.connect(name, node_name)

    def connect(self, name: str, node_name: str) -> None:
        """Hangs a task's node under its loop's node, the last nodes of its dependencies, or the DAG."""
        op, group = self.op, self.found(name)
        if group is not None and group.type == "TaskGroup" and group.name != node_name:
            op.nodes.connect(group.name, node_name)
        elif not self.resolved[name][0]:
            op.nodes.connect(self.node.name, node_name)
        else:
            for dependency in self.resolved[name][0]:
                node = self.found(dependency)
                for last in op.nodes.outbound(node.id) if node else []:
                    op.nodes.connect(op.nodes.get(last).name, node_name)

    def start(self, name: str) -> None:
        op, task = self.op, self.tasks[name]
        group = self.found(name)
        try:
            ready = self.reference(name, task)
            tasks = self.expand(name, ready)
        except Requeued:
            return
        except (Stopped, ScopeError, ExpressionError, TagError, fanout.FanoutError) as fault:
            self.skip(name, "Error", str(fault))
            return
        if fanout.expands(task):
            if not tasks:
                self.skip(name, "Skipped", "Skipped, empty params")
            elif group is None:
                op.add(self.name(name), "TaskGroup", task, self.node.id, "Running")
                self.connect(name, self.name(name))
        for expanded in tasks:
            if not self.run_task(name, task, expanded):
                return
        self.end_group(name, tasks)

    def expand(self, name: str, ready: JSON) -> list[JSON]:
        """The tasks of a loop; read anew only where the task's text is not what it was."""
        text = gojson.dumps(ready)
        known = self.op.expanded.get(self.name(name))
        if known is None or known[0] != text:
            values = {**self.op.globals, **self.scope(name).parameters}
            known = (text, fanout.expand(self.op.tags, ready, values, keep_items=True))
            self.op.expanded[self.name(name)] = known
        return known[1]

    def reference(self, name: str, task: JSON) -> JSON:
        """The task with what its dependencies gave put in (resolveDependencyReferences)."""
        scope = self.scope(name)
        values = {**self.op.globals, **scope.parameters}
        return outputs.referenced(task, scope, values, artifact_error=str)

    def run_task(self, name: str, task: JSON, expanded: JSON) -> bool:
        """Executes one task of a loop, or the only one; False where the others must wait for a later look."""
        op, node_name = self.op, self.name(expanded["name"])
        if op.nodes.named(node_name) is None:
            self.connect(name, node_name)  # even before it is there: a DAG that waits to make a node is not over
            try:
                proceed = should_execute(expanded.get("when", ""))
            except ExpressionError as fault:
                self.skip(name, "Error", str(fault), node_name)
                return True
            if not proceed:
                self.skip(name, "Skipped", f"when '{expanded['when']}' evaluated false", node_name)
                return True
        holder = {**expanded, "kind": "tasks"}
        options = Options(boundary=self.node.id, on_exit=self.options.on_exit)
        node: Node | None
        try:
            node = op.execute(node_name, holder, self.base, expanded.get("arguments", {}), options)
        except (ParallelismReached, TooDeep) as fault:
            node = fault.node
        except TimedOut as fault:
            if fault.node is not None:
                op.mark(fault.node, "Failed", str(fault))
            return False
        except Stopped as fault:
            failed = op.nodes.named(node_name)
            if failed is not None:
                op.mark(failed, "Error", f"task '{node_name}' errored: {fault}")
            return False
        if node is None:
            return False
        return not node.completed or self.exit_of(name, task, node)

    def end_group(self, name: str, tasks: list[JSON]) -> None:
        group = self.found(name)
        if group is None or group.type != "TaskGroup":
            return
        phase = "Succeeded"
        for task in tasks:
            node = self.found(task["name"])
            if node is None or not node.fulfilled:
                return
            phase = node.phase if node.unsuccessful else phase
        self.op.mark(group, phase)
