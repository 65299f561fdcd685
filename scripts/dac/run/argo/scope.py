"""The names that a DAG's or a steps template's tasks see (workflow/controller/scope.go, buildLocalScope)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dac.run.argo import gojson, gotext
from dac.run.argo.expression import ExpressionError
from dac.run.argo.location import with_sub_path
from dac.run.argo.node import JSON, Node
from dac.run.argo.nodes import Nodes
from dac.run.argo.tags import Tags, expand


class ScopeError(Exception):
    """Something that a scope does not hold."""


def rfc3339(moment: datetime) -> str:
    """Format a time as Argo does, in whole seconds of UTC."""
    return moment.isoformat(timespec="seconds")[:19] + "Z"  # in a third of the time of strftime


class Scope:
    """Names to text, and names to artifacts."""

    def __init__(self, template: Mapping[str, Any] | None, tags: Tags) -> None:
        self.tags = tags
        self.values: dict[str, Any] = {}
        inputs = (template or {}).get("inputs", {})
        for parameter in inputs.get("parameters", []):
            self.values[f"inputs.parameters.{parameter['name']}"] = parameter.get("value", "")
        for artifact in inputs.get("artifacts", []):
            self.values[f"inputs.artifacts.{artifact['name']}"] = artifact

    @property
    def parameters(self) -> dict[str, str]:
        """The names that stand for text."""
        return {name: value for name, value in self.values.items() if isinstance(value, str)}

    def add_outputs(self, prefix: str, outputs: JSON | None) -> None:
        """Add what a node gave under `<prefix>.outputs`; of the workflow's own only parameters and artifacts."""
        outputs = outputs or {}
        if prefix != "workflow":
            if "result" in outputs:
                self.values[f"{prefix}.outputs.result"] = outputs["result"]
            if "exitCode" in outputs:
                self.values[f"{prefix}.exitCode"] = outputs["exitCode"]
        for parameter in outputs.get("parameters", []):
            if "value" in parameter:
                self.values[f"{prefix}.outputs.parameters.{parameter['name']}"] = parameter["value"]
        for artifact in outputs.get("artifacts", []):
            self.values[f"{prefix}.outputs.artifacts.{artifact['name']}"] = artifact

    def add_node(self, prefix: str, node: Node, nodes: Nodes) -> None:
        """Add a node's id, times, phase and outputs; of a retry node those of its last try."""
        node = nodes.last_try(node) or node
        self.values[f"{prefix}.id"] = node.id
        self.values[f"{prefix}.startedAt"] = rfc3339(node.started)
        if node.finished:
            self.values[f"{prefix}.finishedAt"] = rfc3339(node.finished)
        if node.ip:
            self.values[f"{prefix}.ip"] = node.ip
        self.values[f"{prefix}.status"] = node.phase
        if node.type == "Pod":
            self.values[f"{prefix}.hostNodeName"] = "localhost"
        self.add_outputs(prefix, node.outputs)

    def resolve(self, reference: str) -> Any:
        """Return what a `{{name}}` or `{{=expression}}` stands for.

        Raises:
            ScopeError: There is nothing of that name, or the expression gives nothing.
        """
        tag = reference.removeprefix("{{").removesuffix("}}").strip()
        if tag.startswith("="):
            try:
                result = self.tags.expressions.evaluate(gojson.fix(tag[1:]), self.values)
            except ExpressionError as error:
                raise ScopeError(f'Unable to compile: "{gotext.quote(tag[1:])}"') from error
        else:
            result = self.values.get(tag)
        if result is None:
            raise ScopeError(f'Unable to resolve: "{gotext.quote(tag)}"')
        return result

    def parameter(self, source: Mapping[str, Any]) -> Any:
        """Return the value of an output parameter's `valueFrom`.

        Raises:
            ScopeError: It cannot be resolved.
        """
        if expression := source.get("expression"):
            try:
                return self.tags.expressions.evaluate(expression, expand(self.values))
            except ExpressionError as error:
                raise ScopeError(str(error)) from error
        return self.resolve(source["parameter"]) if source.get("parameter") else ""

    def artifact(self, wanted: Mapping[str, Any]) -> JSON | None:
        """Return the artifact that `from` or `fromExpression` names, or None where neither is given.

        Raises:
            ScopeError: There is none, or what is named is not an artifact.
        """
        if expression := wanted.get("fromExpression"):
            try:
                artifact = self.tags.expressions.evaluate(expression, expand(self.values))
            except ExpressionError as error:
                raise ScopeError(str(error)) from error
        elif wanted.get("from"):
            artifact = self.resolve(wanted["from"])
        else:
            return None
        if not isinstance(artifact, dict) or "name" not in artifact:
            raise ScopeError(f"Variable {{{{{wanted.get('name')}}}}} is not an artifact")
        artifact = copy.deepcopy(artifact)
        if wanted.get("subPath"):
            path = gojson.loads(self.tags.replace(gojson.dumps(wanted["subPath"]), self.parameters, True))
            return with_sub_path(artifact, path)
        result: JSON = artifact
        return result
