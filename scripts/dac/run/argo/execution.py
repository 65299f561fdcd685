"""Executes a template: gives it arguments, locks and a place in the tree.

Source: executeTemplate of workflow/controller/operator.go.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from dac.run.argo import arguments, container_set, dag, memoize, pod_request, retry, steps, suspend
from dac.run.argo.defaults import with_defaults
from dac.run.argo.failure import ParallelismReached, Stopped, TimedOut, TooDeep
from dac.run.argo.library import Base, NotFound
from dac.run.argo.locks import LockError
from dac.run.argo.node import JSON, Node
from dac.run.argo.parallelism import check_parallelism, check_whole
from dac.run.argo.state import Options, RunState
from dac.run.argo.tags import TagError
from dac.run.argo.template import PODS, kind_of, node_type
from dac.run.argo.times import parse_go_duration

MAX_DEPTH = 100
_DISPLAY = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]$")
_DISPLAY_ANNOTATION = "workflows.argoproj.io/display-name"


def execute(op: RunState, name: str, holder: JSON, base: Base, given: JSON, options: Options) -> Node | None:
    """Execute what a task, step or hook refers to, as far as it can go now.

    Args:
        op: the run.
        name: of the node.
        holder: the task or step: its `template`, `templateRef` or `inline`, its name and kind.
        base: what a template name in it is looked up in.
        given: its arguments.
        options: how to execute it.

    Returns:
        Its node; None where it could not be made yet.

    Raises:
        Stopped: It was not executed, and why.
    """
    op.depth += 1
    try:
        node = op.nodes.named(name)
        if node is not None and node.settled:
            op.locks.release(node.id)
            return node
        if node is not None and node.type in ("Pod", "HTTP") and node.pod:
            check_whole(op, node)  # the controller asks again of a pod that is under way
            return node
        if node is None and name in op.held:
            check_parallelism(op, {}, None, options.boundary)
        return _Execution(op, name, holder, base, given, options, node).run()
    finally:
        op.depth -= 1


class _Execution:
    def __init__(
        self, op: RunState, name: str, holder: JSON, base: Base, given: JSON, options: Options, node: Node | None
    ) -> None:
        self.op, self.name, self.options, self.node = op, name, options, node
        self.holder, self.base, self.given = holder, base, given

    def run(self) -> Node | None:
        op = self.op
        if op.depth >= MAX_DEPTH:
            raise self.stopped(
                TooDeep,
                "Maximum recursion depth exceeded. See https://argo-workflows.readthedocs.io/en/latest/"
                "scaling/#maximum-recursion-depth",
            )
        try:
            self.inner, written = op.library.resolve(self.base, self.holder)
            written = with_defaults(written, op.spec)
            template = arguments.process(op.tags, written, self.given, op.globals, self.local(written), op.configmaps)
        except (NotFound, arguments.ArgumentError, TagError) as error:
            raise self.stopped(Stopped, str(error)) from error
        self.written = written
        self.check_display(template)
        self.check_timeout(template)
        if self.node is None:
            op.held.add(self.name)
        check_parallelism(op, template, self.node, self.options.boundary)
        fresh = self.node is None or bool(self.node.waiting)
        if (waiting := self.locked(template)) is not None:
            return waiting
        if fresh and (recalled := self.recalled(template)) is not None:
            return recalled
        if op.retry_strategy(template) is not None:
            return self.retried(template)
        return self.dispatch(template)

    def local(self, template: JSON) -> dict[str, str]:
        local = {"node.name": self.name}
        if kind_of(template) in PODS and self.op.retry_strategy(template) is None:
            local["pod.name"] = self.op.pod_name(self.name, template.get("name", ""))
        if kind := self.holder.get("kind"):
            local[f"{kind}.name"] = self.holder["name"]
        return local

    def stopped(self, kind: type[Stopped], message: str) -> Stopped:
        """Mark the node as one in error, made if need be, and return what to raise."""
        node = self.op.mark(self.node, "Error", message) if self.node else self.add("Skipped", "Error", message)
        return kind(message, node)

    def check_display(self, template: JSON) -> None:
        shown = template.get("annotations", {}).get(_DISPLAY_ANNOTATION, "")
        if shown and not _DISPLAY.match(shown):
            raise self.stopped(Stopped, f"displayName must match the regex {_DISPLAY.pattern}")
        if self.node is not None and shown:
            self.node.display = shown

    def check_timeout(self, template: JSON) -> None:
        """Fail a node whose template's timeout is over: it counts while the node waits for a lock."""
        if self.node is None or not template.get("timeout"):
            return
        try:
            deadline = self.node.started + parse_go_duration(template["timeout"])
        except ValueError as error:
            raise self.stopped(Stopped, f"invalid timeout format. {error}") from error
        if self.node.phase == "Pending":
            if self.op.clock() > deadline:
                raise TimedOut("timeout", self.op.mark(self.node, "Failed", "timeout"))
            self.op.wake_at(deadline + timedelta(milliseconds=10))

    def locked(self, template: JSON) -> Node | None:
        """Take the template's locks; return the waiting node where one is not available."""
        if "synchronization" not in template:
            return None
        op = self.op
        try:
            taken, message = op.locks.acquire(
                op.identity.namespace, op.nodes.id(self.name), template["synchronization"]
            )
        except LockError as error:
            raise self.stopped(Stopped, str(error)) from error
        if taken:
            if self.node is not None and self.node.waiting:
                self.node.waiting = self.node.message = ""
            return None
        if self.node is None:
            self.node = self.make(node_type(template), template, "Pending")
        self.node.waiting, self.node.message = message, message
        op.locked[self.node.name] = message
        return self.node

    def recalled(self, template: JSON) -> Node | None:
        """Return the node of a memoized template that ended before it began, as an earlier one of its key did."""
        op = self.op
        try:
            entry = memoize.recalled(op.memory, template, op.clock())
        except memoize.MemoizeError as error:
            raise self.stopped(Stopped, str(error)) from error
        if entry is None:
            return None
        node = self.node or self.make(node_type(template), template, "Pending")
        node.outputs = entry.outputs
        op.locks.release(node.id)
        return op.mark(node, "Succeeded")

    def add(self, kind: str, phase: str, message: str = "", inputs: JSON | None = None) -> Node:
        add, boundary, hooked, retried = self.op.add, self.options.boundary, self.options.hooked, self.options.retried
        return add(
            self.name, kind, self.holder, boundary, phase, message, hooked=hooked, retried=retried, inputs=inputs
        )

    def make(self, kind: str, template: JSON, phase: str) -> Node:
        node = self.add(kind, phase, inputs=template.get("inputs"))
        self.op.resolved[node.id] = (self.inner, self.written)
        node.memo = memoize.place(template)
        node.display = template.get("annotations", {}).get(_DISPLAY_ANNOTATION) or node.display
        return node

    def retried(self, template: JSON) -> Node | None:
        """Execute the next try of a template that has a retry strategy; the node is a parent of its tries."""
        op = self.op
        parent = self.node or self.make("Retry", template, "Running")
        self.node = parent
        strategy = op.retry_strategy(template)
        assert strategy is not None
        try:
            going, deadline = retry.assess(op, parent, strategy)
        except retry.RetryError as error:
            raise Stopped(str(error), op.mark(parent, "Error", str(error))) from error
        if not going:
            return parent
        if parent.fulfilled and op.nodes.children_fulfilled(parent):
            retry.close(op, parent)
            return parent
        attempt, name, last = retry.next_try(op, parent)
        local = retry.local_values(attempt, last)
        if kind_of(template) in PODS:
            local["pod.name"] = op.pod_name(name, template.get("name", ""))
        options = replace(self.options, retried=True, deadline=deadline)
        child = _Execution(op, name, self.holder, self.base, self.given, options, op.nodes.named(name))
        child.inner, child.written = self.inner, self.written
        try:
            template = arguments.substitute(op.tags, template, op.globals, local)
        except (arguments.ArgumentError, TagError) as error:
            raise child.stopped(Stopped, str(error)) from error
        return self.after_try(parent, child, template)

    def after_try(self, parent: Node, child: _Execution, template: JSON) -> Node | None:
        strategy = self.op.retry_strategy(template) or {}
        try:
            node = child.dispatch(template)
        except Stopped as error:
            node = self.op.nodes.named(child.name)
            if node is None or isinstance(error, ParallelismReached) or retry.policy(strategy) == "OnFailure":
                raise
        if node is not None and not parent.settled and node.settled:
            return self.op.execute(parent.name, self.holder, self.base, self.given, self.options)
        return parent

    def dispatch(self, template: JSON) -> Node | None:
        op = self.op
        kind = kind_of(template)
        if kind in ("dag", "steps"):
            node = self.node or self.make("DAG" if kind == "dag" else "Steps", template, "Running")
            run = dag.execute if kind == "dag" else steps.execute
            try:
                node = run(op, node, self.inner, template, self.options)
            except Stopped as error:
                op.mark(node, "Error", str(error))
                op.end_daemons(node.id)
                op.locks.release(node.id)
                raise type(error)(str(error), node) from error
            if node.settled:
                op.end_daemons(node.id)
                op.remember(node)
        elif kind == "suspend":
            node = self.node or self.make("Suspend", template, "Pending")
            suspend.execute(op, node, template)
        elif not kind:  # checked before the run, but where a tag says which template it is
            raise self.stopped(Stopped, f"Template '{template.get('name', '')}' missing specification")
        else:
            node = self.node or self.make("HTTP" if kind == "http" else "Pod", template, "Pending")
            pod_request.want(op, node, template, self.name, self.options)
            if kind == "containerSet" and node.pod:
                container_set.add_nodes(op, node, template, self.holder, self.options)
        if node.fulfilled:
            op.locks.release(node.id)
        return node
