"""Steps: groups one after another, the steps of a group side by side (workflow/controller/steps.go)."""

from __future__ import annotations

from typing import Any

from dac.run.argo import fanout, gojson, hooks, outputs
from dac.run.argo.expression import ExpressionError, should_execute
from dac.run.argo.failure import ParallelismReached, Requeued, Stopped, TimedOut, TooDeep
from dac.run.argo.library import Base
from dac.run.argo.node import JSON, Node
from dac.run.argo.scope import Scope, ScopeError
from dac.run.argo.state import Options, Over, RunState
from dac.run.argo.tags import TagError


def execute(op: RunState, node: Node, base: Base, template: JSON, options: Options) -> Node:
    """Move a steps node on.

    Returns:
        The node; a group's own where the group is in error, as the controller gives it to what called the steps.

    Raises:
        Stopped: The node itself is in error.
    """
    return _Steps(op, node, base, template, options).run()


class _Steps:
    def __init__(self, op: RunState, node: Node, base: Base, template: JSON, options: Options) -> None:
        self.op, self.node, self.base, self.template, self.options = op, node, base, template, options
        self.scope = Scope(template, op.tags)
        self.scope.add_outputs("workflow", op.outputs)

    def group(self, index: int) -> Node | None:
        return self.op.nodes.named(f"{self.node.name}[{index}]")

    def run(self) -> Node:
        op = self.op
        over = op.over.setdefault(self.node.id, Over())
        self.scope.values |= over.values
        for index, steps in enumerate(self.template["steps"]):
            if index < over.groups:
                continue
            group = self.group(index) or op.add(f"{self.node.name}[{index}]", "StepGroup", {}, self.node.id, "Running")
            is_over = self.is_over(group, steps)
            try:
                if not group.fulfilled:  # what is over hangs where it did
                    self.connect(index, group)
                if not is_over:
                    self.run_group(group, steps)
            except Stopped as error:
                return op.mark(group, "Error", str(error))
            if not group.fulfilled:
                return self.node
            if group.unsuccessful:
                self.set_outbound()
                return op.mark(self.node, "Failed", group.message)
            given = self.given(group, steps)
            self.scope.values |= given
            if is_over and index == over.groups:
                over.groups += 1
                over.values |= given
        self.set_outbound()
        try:
            own_outputs = outputs.of_template(self.template, self.scope)
        except ScopeError as error:
            raise Stopped(str(error), self.node) from error
        if own_outputs is not None:
            self.node.outputs = own_outputs
            op.publish(own_outputs)
        return op.mark(self.node, "Succeeded")

    def connect(self, index: int, group: Node) -> None:
        """Put a group under the node, or under the last nodes of the group before."""
        op = self.op
        previous = self.group(index - 1) if index else None
        if previous is None:
            op.nodes.connect(self.node.name, group.name)
        elif not previous.children:
            op.nodes.connect(previous.name, group.name)
        else:
            for child in list(previous.children):
                for last in op.nodes.outbound(child):
                    op.nodes.connect(op.nodes.get(last).name, group.name)

    def set_outbound(self) -> None:
        groups = [group for index in range(len(self.template["steps"])) if (group := self.group(index))]
        if groups:
            self.node.outbound = [last for child in groups[-1].children for last in self.op.nodes.outbound(child)]

    def given(self, group: Node, steps: list[JSON]) -> dict[str, Any]:
        """Return what a group's steps gave, for the scope of those that follow."""
        op, scope = self.op, Scope(None, self.op.tags)
        for step in steps:
            prefix, name = f"steps.{step['name']}", f"{group.name}.{step['name']}"
            node = op.nodes.named(name)
            if node is None:
                loop = [
                    n for n in op.nodes.within(self.node.id) if n.name.startswith(name + "(") and n.type != "Skipped"
                ]
                try:
                    outputs.aggregate(scope, prefix, loop)
                except ScopeError as error:
                    raise Stopped(str(error), self.node) from error
            scope.add_node(prefix, node or group, op.nodes)
        return scope.values

    # -- one group

    def run_group(self, group: Node, steps: list[JSON]) -> None:
        op = self.op
        if group.fulfilled and op.nodes.children_fulfilled(group):
            return
        try:
            ready = self.expand(group, self.reference(steps))
        except Requeued as error:
            op.waiting[group.name] = str(error)
            return
        except (Stopped, ScopeError, TagError, fanout.FanoutError) as error:
            op.mark(group, "Error", str(error))
            return
        started: dict[str, JSON] = {}
        for step in ready:
            if not self.run_step(group, step, started):
                return
        if self.assess(group, started):
            self.close(group, started)

    def is_over(self, group: Node, steps: list[JSON]) -> bool:
        """Whether nothing of a group can change any more, whatever goes on in the groups that hang below it.

        The controller executes it again as long as anything below runs, to the same end; a thousand groups one after
        another would be a million executions.
        """
        if not group.fulfilled or not steps or any(map(hooks.has_any, steps)):
            return False
        return all(self.op.nodes.get(child).settled for child in group.children)

    def reference(self, steps: list[JSON]) -> list[JSON]:
        tagged = any("{{" in gojson.dumps(step) for step in steps)
        values = {**self.op.globals, **self.scope.parameters} if tagged else {}
        try:
            return [
                outputs.referenced(
                    step, self.scope, values, lambda error: f"unable to resolve references: {error}", True
                )
                for step in steps
            ]
        except (Stopped, ExpressionError, TagError) as error:
            raise Stopped(f"failed to resolve references: {error}") from error

    def expand(self, group: Node, steps: list[JSON]) -> list[JSON]:
        """Return the steps with each loop made into its own steps."""
        op = self.op
        expanded: list[JSON] = []
        for step in steps:
            if not fanout.expands(step):
                expanded.append(step)
                continue
            name = f"{group.name}.{step['name']}"
            own_steps = op.loops.tasks(name, step, lambda: {**op.globals, **self.scope.parameters}, keep_items=False)
            if not own_steps and op.nodes.named(name) is None:
                op.add(name, "Skipped", step, self.node.id, "Skipped", "Skipped, empty params")
                op.nodes.connect(group.name, name)
            expanded += own_steps
        return expanded

    def run_step(self, group: Node, step: JSON, started: dict[str, JSON]) -> bool:
        """Execute one step; return whether the group goes on for now."""
        op, name = self.op, f"{group.name}.{step['name']}"
        child = op.nodes.named(name)
        if child is not None and child.settled:
            op.locks.release(child.id)
            started[name] = step
            return True
        try:
            proceed = should_execute(step.get("when", ""))
        except ExpressionError as error:
            op.add(name, "Skipped", step, self.node.id, "Error", str(error))
            op.nodes.connect(group.name, name)
            op.mark(group, "Error", str(error))
            return False
        if not proceed:
            if op.nodes.named(name) is None:
                op.add(name, "Skipped", step, self.node.id, "Skipped", f"when '{step['when']}' evaluated false")
                op.nodes.connect(group.name, name)
            return True
        holder = {**step, "kind": "steps"}
        options = Options(boundary=self.node.id, on_exit=self.options.on_exit)
        try:
            child = op.execute(name, holder, self.base, step.get("arguments", {}), options)
        except (ParallelismReached, TooDeep) as error:
            child = error.node
        except TimedOut as error:
            op.mark(group, "Failed", str(error))
            return False
        except Stopped as error:
            op.nodes.connect(group.name, name)
            op.mark(group, "Error", f"step group deemed errored due to child {name} error: {error}")
            return False
        if child is not None:
            started[child.name] = step
            op.nodes.connect(group.name, name)
        return True

    def assess(self, group: Node, started: dict[str, JSON]) -> bool:
        """Run hooks and exit handlers of a group's steps; return whether all of it is over."""
        op = self.op
        over = True
        for child in [op.nodes.get(child) for child in group.children]:
            step = started.get(child.name, {})
            prefix = f"steps.{step.get('name', '')}"
            self.scope.values[f"steps.{child.display}.status"] = child.phase
            if not hooks.has_any(step):
                over = over and child.fulfilled
                continue
            node_hooks = hooks.NodeHooks(op, step, child, self.node.id, self.base, prefix, self.scope)
            try:
                if not node_hooks.run():
                    return False
            except Stopped as error:
                op.mark(group, "Error", str(error))
            if not child.fulfilled:
                over = False
            elif child.completed:
                over = node_hooks.run_exit() and over
        if not over and group.fulfilled:
            op.mark(group, "Running")
        return over

    def close(self, group: Node, started: dict[str, JSON]) -> None:
        for child in [self.op.nodes.get(child) for child in group.children]:
            continue_on = started.get(child.name, {}).get("continueOn", {})
            if child.unsuccessful and not continue_on.get("failed" if child.phase == "Failed" else "error"):
                self.op.mark(group, "Failed", f"child '{child.id}' failed")
                return
        self.op.mark(group, "Succeeded")
