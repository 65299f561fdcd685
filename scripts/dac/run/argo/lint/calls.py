"""What a task or step calls: the template that it names, and the arguments that it passes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from dac.run.argo.library import Base, Library, NotFound
from dac.run.argo.lint.field_name import PARAMETER, LintError, check_name
from dac.run.argo.lint.names import WorkflowNames
from dac.run.argo.location import has_location
from dac.run.argo.node import JSON
from dac.run.argo.template import calls_of

_LOOPS = ("withItems", "withParam", "withSequence")
_TAG = re.compile(r"\{\{(?!=)(.*?)\}\}")
_SOURCES = {"value", "default", "valueFrom"}
_ARGUMENTS_FROM = {"configMapKeyRef", "event", "supplied"}
_OUTPUTS_FROM = {"path", "jsonPath", "parameter", "expression"}


@dataclass(frozen=True, slots=True)
class Calls:
    """Checks what tasks and steps call.

    Attributes:
        library: the templates that they may refer to.
        workflow: the names that a tag can have anywhere.
        check_template: checks a template that is called, once; raises LintError.
    """

    library: Library
    workflow: WorkflowNames
    check_template: Callable[[JSON, Base], None]
    published: set[int] = field(default_factory=set)  # templates whose global outputs are among the names

    def template(self, where: str, task: JSON, base: Base) -> JSON:
        """Return the template that a task or step calls, checked too.

        Raises:
            LintError: There is no such template, it is invalid, or an input of it is not supplied.
        """
        if reference := task.get("templateRef"):
            if task.get("template"):
                raise LintError(f"{where} template name cannot be specified with templateRef.")
            tagless = {key: filled(value, self.workflow.values) for key, value in reference.items()}
            if any("{{" in value for value in tagless.values() if isinstance(value, str)):
                return {}  # known when the task is executed; until then nothing can name what it gives
            task = {**task, "templateRef": tagless}
        try:
            inner, template = self.library.resolve(base, task)
        except NotFound as error:
            named = task.get("templateRef")
            raise LintError(
                f"{where} {error}" if named else f"{where} template name '{task.get('template', '')}' undefined"
            ) from error
        if inner.name or "inline" in task:  # the workflow's own are checked where they stand
            try:
                self.check_template(template, inner)
            except LintError as error:
                raise LintError(f"{where} {error}") from error
        self._publish(template, inner)
        inputs, arguments = template.get("inputs", {}), task.get("arguments", {})
        missing = [f"parameters.{name}" for name in unsupplied(inputs, arguments)]
        passed = {artifact.get("name") for artifact in arguments.get("artifacts", [])}
        missing += [
            f"artifacts.{artifact.get('name')}"
            for artifact in inputs.get("artifacts", [])
            if not artifact.get("optional") and not has_location(artifact) and artifact.get("name") not in passed
        ]
        if missing:
            raise LintError(f"{where} templates.{template.get('name', '')} inputs.{missing[0]} was not supplied")
        return template

    def _publish(self, template: JSON, base: Base) -> None:
        """Add the global outputs of what a template leads to: whoever comes after its call may name them."""
        if id(template) in self.published:
            return
        self.published.add(id(template))
        self.workflow.outputs_of(template, "", False)
        for task in calls_of(template):
            with suppress(NotFound):
                named = {**task, "template": filled(task.get("template", ""), self.workflow.values)}
                inner, called = self.library.resolve(base, named)
                self._publish(called, inner)


def filled(value: Any, values: Mapping[str, str]) -> Any:
    """Return the text with the tags replaced that have a value before the run."""
    if not isinstance(value, str) or "{{" not in value:
        return value
    return _TAG.sub(lambda tag: values.get(tag[1].strip(), tag[0]), value)


def unsupplied(inputs: JSON, arguments: JSON) -> list[str]:
    """Return the input parameters that have no value of their own and are not passed."""
    passed = {parameter.get("name") for parameter in arguments.get("parameters", [])}
    parameters = inputs.get("parameters", [])
    return [p.get("name") for p in parameters if not _SOURCES & set(p) and p.get("name") not in passed]


def check_arguments(where: str, task: JSON) -> None:
    """Check the arguments, the loop and the hooks of a task or step.

    Raises:
        LintError: The first thing that is wrong.
    """
    for kind in ("parameters", "artifacts"):
        seen: set[str] = set()
        for item in task.get("arguments", {}).get(kind, []):
            check_name(f"{where}.arguments.{kind}", item.get("name", ""), seen, PARAMETER)
    for fault in value_faults(f"{where}.arguments", task.get("arguments", {})):
        raise LintError(fault)
    if sum(bool(task.get(key)) or (key == "withSequence" and key in task) for key in _LOOPS) > 1:
        raise LintError(f"{where} only one of withItems, withParam, withSequence can be specified")
    sequence = task.get("withSequence", {})
    if "count" in sequence and "end" in sequence:
        raise LintError(f"{where} only one of count or end can be defined in withSequence")
    for name in unconditional_hooks(task):
        raise LintError(f"{where}.{name} Expression required")


def value_faults(where: str, arguments: JSON) -> Iterator[str]:
    """Yield each argument without a value, or with one that it cannot have (validateArgumentsValues)."""
    for parameter in arguments.get("parameters", []):
        name = f"{where}.{parameter.get('name', '')}"
        given, enum = parameter.get("valueFrom"), parameter.get("enum")
        if given is None and "value" not in parameter:
            yield f"{name}.value or {name}.valueFrom is required"
        if given is not None and (not _ARGUMENTS_FROM & given.keys() or _OUTPUTS_FROM & given.keys()):
            yield f"{name}.valueFrom only allows: default, configMapKeyRef and supplied"
        if enum is not None and parameter.get("value") not in enum:
            yield f"{name}.value should be present in {name}.enum list"
    for artifact in arguments.get("artifacts", []):
        name = f"{where}.{artifact.get('name', '')}"
        if not artifact.get("from") and not has_location(artifact):
            yield f"{name}.from, artifact location, or key is required"
        if artifact.get("from") and artifact.get("fromExpression"):
            yield f"{name} shouldn't have both `from` and `fromExpression` in Artifact"


def unconditional_hooks(holder: JSON) -> list[str]:
    """Return the hooks, other than the exit handler, that lack their expression."""
    return [name for name, hook in holder.get("hooks", {}).items() if name != "exit" and not hook.get("expression")]
