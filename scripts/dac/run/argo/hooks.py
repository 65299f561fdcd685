"""Exit handlers and lifecycle hooks (workflow/controller/{hooks,exit_handler}.go)."""

from __future__ import annotations

from dac.run.argo import gojson
from dac.run.argo.expression import ExpressionError
from dac.run.argo.failure import Stopped
from dac.run.argo.library import Base
from dac.run.argo.node import JSON, Node
from dac.run.argo.scope import Scope, ScopeError
from dac.run.argo.state import Options, RunState
from dac.run.argo.tags import TagError, expand


def exit_hook(holder: JSON, run_arguments: JSON) -> JSON | None:
    """The exit handler of a task, a step or the run, with its arguments; those of the run where it has none."""
    if holder.get("onExit"):
        return {"template": holder["onExit"], "arguments": run_arguments}
    hook = holder.get("hooks", {}).get("exit")
    if hook is None:
        return None
    given = hook.get("arguments", {})
    empty = not given.get("parameters") and not given.get("artifacts")
    return {**hook, "arguments": run_arguments if empty else given}


def _reference(hook: JSON) -> JSON:
    return {key: hook[key] for key in ("template", "templateRef") if key in hook}


def _holds(op: RunState, hook: JSON, scope: Scope | None) -> bool:
    values = {**op.globals, **(scope.parameters if scope else {})}
    try:
        return op.expressions.evaluate_bool(hook["expression"], expand(values))
    except ExpressionError as fault:
        raise Stopped(str(fault)) from fault


def of_workflow(op: RunState) -> bool:
    """Runs the run's own hooks; whether all that were started are over.

    Raises:
        Stopped: an expression fails, or a hook cannot be executed.
    """
    started: list[Node | None] = []
    for name, hook in op.spec.get("hooks", {}).items():
        node_name = f"{op.identity.name}.hooks.{name}"
        if name == "exit":
            continue
        if _holds(op, hook, None) or op.nodes.named(node_name) is not None:
            given = hook.get("arguments", {})
            node = op.execute(node_name, _reference(hook), op.base, given, Options(hooked=True))
            op.nodes.connect(op.identity.name, node_name)
            started.append(node)
    return all(node is not None and node.fulfilled for node in started)


def exit_of_workflow(op: RunState) -> Node | None:
    """Runs the run's exit handler; its node, or None where it has none.

    Raises:
        Stopped: it cannot be executed.
    """
    hook = exit_hook(op.spec, op.spec.get("arguments", {}))
    if hook is None or not op.runs(True):
        return None
    options = Options(on_exit=True, hooked=True)
    return op.execute(f"{op.identity.name}.onExit", _reference(hook), op.base, hook["arguments"], options)


def of_node(op: RunState, holder: JSON, node: Node, boundary: str, base: Base, prefix: str, scope: Scope) -> bool:
    """Runs a task's or step's hooks; whether all that were started are over.

    Raises:
        Stopped: as `of_workflow`.
    """
    started: list[Node | None] = []
    for name, hook in holder.get("hooks", {}).items():
        node_name = f"{node.name}.hooks.{name}"
        if name == "exit":
            continue
        if _holds(op, hook, scope) or op.nodes.named(node_name) is not None:
            last = op.nodes.last_try(node) or node
            given = hook.get("arguments", {})
            if given and last.outputs is not None:
                given = _resolved(op, given, prefix, last.outputs, scope)
            options = Options(boundary=boundary, hooked=True)
            found = op.execute(node_name, _reference(hook), base, given, options)
            op.nodes.connect(node.name, node_name)
            started.append(found)
    return all(found is not None and found.fulfilled for found in started)


def exit_of_node(
    op: RunState, hook: JSON | None, node: Node, boundary: str, base: Base, prefix: str, scope: Scope
) -> tuple[bool, Node | None]:
    """Runs a task's or step's exit handler: whether it has one that is due, and its node.

    Raises:
        Stopped: as `of_workflow`.
    """
    if hook is None or not op.runs(True):
        return False, None
    if hook.get("expression") and not _holds(op, hook, scope):
        return False, None
    last = op.nodes.last_try(node) or node
    given = hook["arguments"]
    if given.get("parameters") or given.get("artifacts"):
        given = _resolved(op, given, prefix, last.outputs, scope)
    name = f"{node.name}.onExit"
    options = Options(boundary=boundary, on_exit=True, hooked=True)
    try:
        found = op.execute(name, _reference(hook), base, given, options)
    finally:
        op.nodes.connect(node.name, name)  # as the controller does, even where it could not be executed yet
    return True, found


def _resolved(op: RunState, given: JSON, prefix: str, outputs: JSON | None, scope: Scope) -> JSON:
    """A hook's arguments with what its node gave put in (resolveExitTmplArgument)."""
    for parameter in (outputs or {}).get("parameters", []):
        scope.values[f"{prefix}.outputs.parameters.{parameter['name']}"] = parameter.get("value", "")
    for artifact in (outputs or {}).get("artifacts", []):
        scope.values[f"{prefix}.outputs.artifacts.{artifact['name']}"] = artifact
    try:
        found: JSON = gojson.loads(op.tags.replace(gojson.dumps(given), {**op.globals, **scope.parameters}, True))
    except TagError as fault:
        raise Stopped(str(fault)) from fault
    for index, artifact in enumerate(found.get("artifacts", [])):
        try:
            resolved = scope.artifact(artifact)
        except ScopeError as fault:
            if artifact.get("optional"):
                continue
            raise Stopped(f"unable to resolve references: {fault}") from fault
        if resolved is not None:
            found["artifacts"][index] = {**resolved, "name": artifact["name"]}
    return found
