"""Steps: groups one after another, the steps of a group side by side (workflow/controller/steps.go)."""

from __future__ import annotations

from dac.run.argo import fanout, gojson, hooks, outputs
from dac.run.argo.expression import ExpressionError, should_execute
from dac.run.argo.failure import ParallelismReached, Requeued, Stopped, TimedOut, TooDeep
from dac.run.argo.library import Base
from dac.run.argo.node import JSON, Node
from dac.run.argo.scope import Scope, ScopeError
from dac.run.argo.state import Options, RunState
from dac.run.argo.tags import TagError


def execute(op: RunState, node: Node, base: Base, steps_template: JSON, options: Options) -> Node:
    """Moves a steps node on.

    Returns:
        The node; a group's own where the group is in error, as the controller gives it to what called the steps.

    Raises:
        Stopped: the node itself is in error.
    """
    return _Steps(op, node, base, steps_template, options).run()


class _Steps:
    def __init__(self, op: RunState, node: Node, base: Base, found: JSON, options: Options) -> None:
        self.op, self.node, self.base, self.template, self.options = op, node, base, found, options
        self.scope = Scope(found, op.tags)
        self.scope.add_outputs("workflow", op.outputs)

    def group(self, index: int) -> Node | None:
        return self.op.nodes.named(f"{self.node.name}[{index}]")

    def run(self) -> Node:
        op = self.op
        for index, steps in enumerate(self.template["steps"]):
            group = self.group(index) or op.add(f"{self.node.name}[{index}]", "StepGroup", {}, self.node.id, "Running")
            self.connect(index, group)
            try:
                self.run_group(group, steps)
            except Stopped as fault:
                return op.mark(group, "Error", str(fault))
            if not group.fulfilled:
                return self.node
            if group.unsuccessful:
                self.set_outbound()
                return op.mark(self.node, "Failed", group.message)
            self.add_group(group, steps)
        self.set_outbound()
        try:
            given = outputs.of_template(self.template, self.scope)
        except ScopeError as fault:
            raise Stopped(str(fault), self.node) from fault
        if given is not None:
            self.node.outputs = given
            op.publish(given)
        return op.mark(self.node, "Succeeded")

    def connect(self, index: int, group: Node) -> None:
        """Hangs a group under the node, or under the last nodes of the group before."""
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

    def add_group(self, group: Node, steps: list[JSON]) -> None:
        """Adds what a group's steps gave to the scope of those that follow."""
        op = self.op
        for step in steps:
            prefix, name = f"steps.{step['name']}", f"{group.name}.{step['name']}"
            node = op.nodes.named(name)
            if node is None:
                own = [
                    n for n in op.nodes.within(self.node.id) if n.name.startswith(name + "(") and n.type != "Skipped"
                ]
                try:
                    outputs.aggregate(self.scope, prefix, own)
                except ScopeError as fault:
                    raise Stopped(str(fault), self.node) from fault
            self.scope.add_node(prefix, node or group, op.nodes)

    # -- one group

    def run_group(self, group: Node, steps: list[JSON]) -> None:
        op = self.op
        if group.fulfilled and op.nodes.children_fulfilled(group):
            return
        try:
            ready = self.expand(group, self.reference(steps))
        except Requeued:
            return
        except (Stopped, ScopeError, TagError, fanout.FanoutError) as fault:
            op.mark(group, "Error", str(fault))
            return
        started: dict[str, JSON] = {}
        for step in ready:
            if not self.run_step(group, step, started):
                return
        if self.assess(group, started):
            self.close(group, started)

    def reference(self, steps: list[JSON]) -> list[JSON]:
        values = {**self.op.globals, **self.scope.parameters}
        try:
            return [
                outputs.referenced(
                    step, self.scope, values, lambda fault: f"unable to resolve references: {fault}", True
                )
                for step in steps
            ]
        except (Stopped, ExpressionError, TagError) as fault:
            raise Stopped(f"failed to resolve references: {fault}") from fault

    def expand(self, group: Node, steps: list[JSON]) -> list[JSON]:
        op = self.op
        values = {**op.globals, **self.scope.parameters}
        found: list[JSON] = []
        for step in steps:
            if not fanout.expands(step):
                found.append(step)
                continue
            name, text = f"{group.name}.{step['name']}", gojson.dumps(step)
            known = op.expanded.get(name)
            if known is None or known[0] != text:
                known = op.expanded[name] = (text, fanout.expand(op.tags, step, values, keep_items=False))
            if not known[1] and op.nodes.named(name) is None:
                op.add(name, "Skipped", step, self.node.id, "Skipped", "Skipped, empty params")
                op.nodes.connect(group.name, name)
            found += known[1]
        return found

    def run_step(self, group: Node, step: JSON, started: dict[str, JSON]) -> bool:
        """Executes one step; False where the group goes no further now."""
        op, name = self.op, f"{group.name}.{step['name']}"
        try:
            proceed = should_execute(step.get("when", ""))
        except ExpressionError as fault:
            op.add(name, "Skipped", step, self.node.id, "Error", str(fault))
            op.nodes.connect(group.name, name)
            op.mark(group, "Error", str(fault))
            return False
        if not proceed:
            if op.nodes.named(name) is None:
                op.add(name, "Skipped", step, self.node.id, "Skipped", f"when '{step['when']}' evaluated false")
                op.nodes.connect(group.name, name)
            return True
        holder = {**step, "kind": "steps"}
        options = Options(boundary=self.node.id, on_exit=self.options.on_exit)
        child: Node | None
        try:
            child = op.execute(name, holder, self.base, step.get("arguments", {}), options)
        except (ParallelismReached, TooDeep) as fault:
            child = fault.node
        except TimedOut as fault:
            op.mark(group, "Failed", str(fault))
            return False
        except Stopped as fault:
            op.nodes.connect(group.name, name)
            op.mark(group, "Error", f"step group deemed errored due to child {name} error: {fault}")
            return False
        if child is not None:
            started[child.name] = step
            op.nodes.connect(group.name, name)
        return True

    def assess(self, group: Node, started: dict[str, JSON]) -> bool:
        """Runs hooks and exit handlers of a group's steps; whether all of it is over."""
        op = self.op
        over = True
        for child in [op.nodes.get(child) for child in group.children]:
            step = started.get(child.name, {})
            prefix = f"steps.{step.get('name', '')}"
            self.scope.values[f"steps.{child.display}.status"] = child.phase
            try:
                if not hooks.of_node(op, step, child, self.node.id, self.base, prefix, self.scope):
                    return False
            except Stopped as fault:
                op.mark(group, "Error", str(fault))
            if not child.fulfilled:
                over = False
            elif child.completed:
                hook = hooks.exit_hook(step, op.spec.get("arguments", {}))
                due, node = hooks.exit_of_node(op, hook, child, self.node.id, self.base, prefix, self.scope)
                over = over and (not due or (node is not None and node.fulfilled))
        if not over and group.fulfilled:
            op.mark(group, "Running")
        return over

    def close(self, group: Node, started: dict[str, JSON]) -> None:
        for child in [self.op.nodes.get(child) for child in group.children]:
            sound = started.get(child.name, {}).get("continueOn", {})
            if child.unsuccessful and not sound.get("failed" if child.phase == "Failed" else "error"):
                self.op.mark(group, "Failed", f"child '{child.id}' failed")
                return
        self.op.mark(group, "Succeeded")
