"""Outputs: of a loop together, of a DAG or steps template, and put into the tasks that refer to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dac.run.argo import fanout, gojson, gotext
from dac.run.argo.expression import ExpressionError, should_execute
from dac.run.argo.failure import Panicked, Requeued, Stopped
from dac.run.argo.node import JSON, Node
from dac.run.argo.scope import Scope, ScopeError
from dac.run.argo.tags import TagError, Tags


def aggregate(scope: Scope, prefix: str, nodes: list[Node]) -> None:
    """Add what the tasks of a loop gave, as JSON lists in the loop's order (processAggregateNodeOutputs).

    Raises:
        ScopeError: A result is not JSON.
        Panicked: Two or more are not tasks of the loop, as the children of a loop without items.
    """
    nodes = _in_order([node for node in nodes if not node.hooked and not node.retried])
    if not nodes:
        return
    sets, lists, results = [], {}, []  # type: ignore[var-annotated]
    for node in nodes:
        if node.outputs is None or node.phase != "Succeeded":
            continue
        values = {p["name"]: p.get("value", "") for p in node.outputs.get("parameters", [])}
        if values:
            sets.append(values)
        for name, value in values.items():
            lists.setdefault(name, []).append(value)
        if "result" in node.outputs:
            try:
                results.append(gojson.loads_raw(node.outputs["result"]))
            except ValueError as error:
                raise ScopeError(str(error)) from error
    scope.values[f"{prefix}.outputs.result"] = gojson.dumps(results)
    scope.values[f"{prefix}.outputs.parameters"] = gojson.dumps_sorted(sets)
    for name, values_of in lists.items():
        scope.values[f"{prefix}.outputs.parameters.{name}"] = _list(values_of)


def _in_order(nodes: list[Node]) -> list[Node]:
    """Sort the tasks of a loop by their numbers; the number of a single one is not read."""
    if len(nodes) < 2:
        return nodes
    for node in (nodes[1], nodes[0], *nodes[2:]):  # in the order in which Go's sort looks at them first
        _index(node)
    return sorted(nodes, key=_index)


def _index(node: Node) -> int:
    number = node.name.rpartition("(")[2].split(":")[0]
    if not number.isascii() or not number.isdigit():
        raise Panicked(
            f"failed to parse '{number}' as int: strconv.Atoi: parsing {gojson.dumps(number)}: invalid syntax"
        )
    return int(number)


def _list(values: list[str]) -> str:
    """Write a list of texts, as what they hold where every one is a JSON list or map (aggregatedJSONValueList)."""
    try:
        read = [gojson.loads(value) for value in values]
    except ValueError:
        return gojson.dumps(values)
    return gojson.dumps_sorted(read) if all(isinstance(item, (list, dict)) for item in read) else gojson.dumps(values)


def of_template(template: JSON, scope: Scope) -> JSON | None:
    """Return the outputs of a DAG or steps template (getTemplateOutputsFromScope); None where it declares none.

    Raises:
        ScopeError: One has no value and no default.
    """
    declared = template.get("outputs", {})
    if not declared.get("parameters") and not declared.get("artifacts"):
        return None
    result: JSON = {}
    for parameter in declared.get("parameters", []):
        if "valueFrom" not in parameter:
            raise ScopeError("output parameters must have a valueFrom specified")
        try:
            value: Any = scope.parameter(parameter["valueFrom"])
        except ScopeError:
            if "default" not in parameter["valueFrom"]:
                raise
            value = parameter["valueFrom"]["default"]
        kept = {key: item for key, item in parameter.items() if key != "valueFrom"}
        result.setdefault("parameters", []).append({**kept, "value": gotext.text(value)})
    for artifact in declared.get("artifacts", []):
        try:
            resolved = scope.artifact(artifact)
        except ScopeError as error:
            if "Unable to resolve" in str(error) and artifact.get("optional"):
                continue
            raise ScopeError(f"unable to resolve outputs from scope: {error}") from error
        if resolved is not None:
            result.setdefault("artifacts", []).append({**resolved, "name": artifact["name"]})
    return result


def referenced(
    task: JSON,
    scope: Scope,
    values: Mapping[str, str],
    artifact_error: Callable[[ScopeError], str],
    lenient_optional: bool = False,
) -> JSON:
    """Return a task or step with what came before it put in; unchanged where its `when` keeps it from running.

    Args:
        task: the task or step.
        scope: what its artifacts are looked up in.
        values: what its tags can name.
        artifact_error: makes the message for an artifact that cannot be resolved.
        lenient_optional: an optional artifact may fail to resolve for any reason (steps), or only by absence (DAGs).

    Raises:
        Requeued: It refers to something that is not there (yet).
        Stopped, ExpressionError, tags.TagError: It cannot be resolved.
    """
    bare = {key: value for key, value in task.items() if key != "hooks"}
    kept = {"hooks": task["hooks"]} if "hooks" in task else {}
    if task.get("when"):
        when = gojson.loads(_strict(scope.tags, gojson.dumps(task["when"]), values))
        try:
            if not should_execute(when):
                return {**bare, **kept, "when": when}
        except ExpressionError:
            if not fanout.expands(task):
                raise
    replaced: JSON = gojson.loads(_strict(scope.tags, gojson.dumps(bare), values))
    artifacts = []
    for artifact in replaced.get("arguments", {}).get("artifacts", []):
        if not artifact.get("from") and not artifact.get("fromExpression"):
            artifacts.append(artifact)
            continue
        try:
            resolved = scope.artifact(artifact)
        except ScopeError as error:
            if artifact.get("optional") and (lenient_optional or "Unable to resolve" in str(error)):
                continue
            raise Stopped(artifact_error(error)) from error
        if resolved is not None:
            artifacts.append({**resolved, "name": artifact["name"]})
    if "arguments" in replaced:
        replaced["arguments"]["artifacts"] = artifacts
    return {**replaced, **kept}


def _strict(tags: Tags, text: str, values: Mapping[str, str]) -> str:
    try:
        return tags.replace_strict(text, values, ("tasks", "steps"))
    except TagError as error:
        if error.missing():
            raise Requeued(str(error)) from error
        raise
