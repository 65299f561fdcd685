"""Exit handlers and lifecycle hooks (workflow/controller/{hooks,exit_handler}.go)."""

from __future__ import annotations

from dataclasses import dataclass

from dac.run.argo import gojson
from dac.run.argo.expression import ExpressionError
from dac.run.argo.failure import Stopped
from dac.run.argo.library import Base
from dac.run.argo.node import JSON, Node
from dac.run.argo.scope import Scope, ScopeError
from dac.run.argo.state import Options, RunState
from dac.run.argo.tags import TagError, expand


def has_any(holder: JSON) -> bool:
    """Whether a task or a step has hooks or an exit handler of its own."""
    return bool(holder.get("hooks") or holder.get("onExit"))


def exit_hook(holder: JSON, run_arguments: JSON) -> JSON | None:
    """Return the exit handler of a task, a step or the run, with its arguments; those of the run where it has none."""
    if holder.get("onExit"):
        return {"template": holder["onExit"], "arguments": run_arguments}
    hook = holder.get("hooks", {}).get("exit")
    if hook is None:
        return None
    arguments = hook.get("arguments", {})
    empty = not arguments.get("parameters") and not arguments.get("artifacts")
    return {**hook, "arguments": run_arguments if empty else arguments}


def of_workflow(op: RunState) -> bool:
    """Run the run's own hooks.

    Returns:
        Whether all that were started are over.

    Raises:
        Stopped: An expression fails, or a hook cannot be executed.
    """
    started: list[Node | None] = []
    for name, hook in op.spec.get("hooks", {}).items():
        node_name = f"{op.identity.name}.hooks.{name}"
        if name == "exit":
            continue
        if _holds(op, hook, None) or op.nodes.named(node_name) is not None:
            arguments = hook.get("arguments", {})
            node = op.execute(node_name, _reference(hook), op.base, arguments, Options(hooked=True))
            op.nodes.connect(op.identity.name, node_name)
            started.append(node)
    return all(node is not None and node.fulfilled for node in started)


def exit_of_workflow(op: RunState) -> Node | None:
    """Run the run's exit handler; return its node, or None where there is none.

    Raises:
        Stopped: It cannot be executed.
    """
    hook = exit_hook(op.spec, op.spec.get("arguments", {}))
    if hook is None or not op.runs(True):
        return None
    options = Options(on_exit=True, hooked=True)
    return op.execute(f"{op.identity.name}.onExit", _reference(hook), op.base, hook["arguments"], options)


@dataclass(frozen=True, slots=True)
class NodeHooks:
    """The hooks of one task's or step's node.

    Attributes:
        op: the run.
        holder: the task or step.
        node: of the task or step.
        boundary: id of the DAG or steps node around it.
        base: what the hooks' template names are looked up in.
        prefix: of its names in the scope, as `tasks.NAME`.
        scope: what the hooks' arguments and expressions see.
    """

    op: RunState
    holder: JSON
    node: Node
    boundary: str
    base: Base
    prefix: str
    scope: Scope

    def run(self) -> bool:
        """Run the hooks other than the exit handler.

        Returns:
            Whether all that were started are over.

        Raises:
            Stopped: An expression fails, or a hook cannot be executed.
        """
        op, node = self.op, self.node
        started: list[Node | None] = []
        for name, hook in self.holder.get("hooks", {}).items():
            node_name = f"{node.name}.hooks.{name}"
            if name == "exit":
                continue
            if _holds(op, hook, self.scope) or op.nodes.named(node_name) is not None:
                last = op.nodes.last_try(node) or node
                arguments = hook.get("arguments", {})
                if arguments and last.outputs is not None:
                    arguments = self._resolved(arguments, last.outputs)
                options = Options(boundary=self.boundary, hooked=True)
                hook_node = op.execute(node_name, _reference(hook), self.base, arguments, options)
                op.nodes.connect(node.name, node_name)
                started.append(hook_node)
        return all(hook_node is not None and hook_node.fulfilled for hook_node in started)

    def run_exit(self) -> bool:
        """Run the exit handler, if there is one and it is due.

        Returns:
            Whether nothing is left to do.

        Raises:
            Stopped: As `run`.
        """
        op, node = self.op, self.node
        hook = exit_hook(self.holder, op.spec.get("arguments", {}))
        if hook is None or not op.runs(True):
            return True
        if hook.get("expression") and not _holds(op, hook, self.scope):
            return True
        last = op.nodes.last_try(node) or node
        arguments = hook["arguments"]
        if arguments.get("parameters") or arguments.get("artifacts"):
            arguments = self._resolved(arguments, last.outputs)
        name = f"{node.name}.onExit"
        options = Options(boundary=self.boundary, on_exit=True, hooked=True)
        try:
            exit_node = op.execute(name, _reference(hook), self.base, arguments, options)
        finally:
            op.nodes.connect(node.name, name)  # as the controller does, even where it could not be executed yet
        return exit_node is not None and exit_node.fulfilled

    def _resolved(self, arguments: JSON, outputs: JSON | None) -> JSON:
        """Return a hook's arguments with what its node gave put in (resolveExitTmplArgument)."""
        scope = self.scope
        for parameter in (outputs or {}).get("parameters", []):
            scope.values[f"{self.prefix}.outputs.parameters.{parameter['name']}"] = parameter.get("value", "")
        for artifact in (outputs or {}).get("artifacts", []):
            scope.values[f"{self.prefix}.outputs.artifacts.{artifact['name']}"] = artifact
        values = {**self.op.globals, **scope.parameters}
        try:
            replaced: JSON = gojson.loads(self.op.tags.replace(gojson.dumps(arguments), values, True))
        except TagError as error:
            raise Stopped(str(error)) from error
        for index, artifact in enumerate(replaced.get("artifacts", [])):
            try:
                resolved = scope.artifact(artifact)
            except ScopeError as error:
                if artifact.get("optional"):
                    continue
                raise Stopped(f"unable to resolve references: {error}") from error
            if resolved is not None:
                replaced["artifacts"][index] = {**resolved, "name": artifact["name"]}
        return replaced


def _reference(hook: JSON) -> JSON:
    return {key: hook[key] for key in ("template", "templateRef") if key in hook}


def _holds(op: RunState, hook: JSON, scope: Scope | None) -> bool:
    """Whether a hook's expression is true."""
    values = {**op.globals, **(scope.parameters if scope else {})}
    try:
        return op.expressions.evaluate_bool(hook["expression"], expand(values))
    except ExpressionError as error:
        raise Stopped(str(error)) from error
