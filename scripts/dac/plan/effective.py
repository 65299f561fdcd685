"""A template as one pipeline runs it: with its expressions answered for that pipeline's arguments.

A template holds the facts of every name that an argument may take, so a changed fact changes the template of every
pipeline; what a pipeline itself runs changes only where its own arguments reach that fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

# Answers the tags `{{=...}}` of a text, given the arguments; a tag that cannot be answered yet stays as it is.
Answer = Callable[[str, Mapping[str, str]], str]
_EXPRESSION = re.compile(r"\{\{=(.*?)\}\}", re.DOTALL)
_ARGUMENT = re.compile(r"workflow\.parameters\.([A-Za-z0-9_-]+)")


class EffectiveTemplates:
    """Templates with expressions answered; each is answered once for the same arguments.

    Args:
        answer: evaluates Argo's expressions.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._answered: dict[tuple[int, tuple[tuple[str, str], ...]], Any] = {}
        self._read: dict[int, frozenset[str]] = {}

    def of(self, template: Mapping[str, Any], arguments: Mapping[str, str]) -> Any:
        """Return the template as it runs with the arguments; those that no expression reads stay as tags.

        Args:
            template: the rendered ClusterWorkflowTemplate; the very same object is known again.
            arguments: those of the CronWorkflow, the template's own defaults left out.
        """
        defaults = template.get("spec", {}).get("arguments", {}).get("parameters", [])
        given = {item["name"]: str(item.get("value", "")) for item in defaults} | dict(arguments)
        if id(template) not in self._read:
            self._read[id(template)] = frozenset(_arguments_read(template))
        values = tuple(sorted((name, given[name]) for name in self._read[id(template)] if name in given))
        key = (id(template), values)
        if key not in self._answered:
            named = {f"workflow.parameters.{name}": value for name, value in values}
            self._answered[key] = self._walk(template, named)
        return self._answered[key]

    def _walk(self, value: Any, values: Mapping[str, str]) -> Any:
        if isinstance(value, str):
            return self._answer(value, values) if "{{=" in value else value
        if isinstance(value, Mapping):
            return {key: self._walk(item, values) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._walk(item, values) for item in value]
        return value


def _arguments_read(value: Any) -> set[str]:
    """Return the arguments that the expressions at or below a value read."""
    if isinstance(value, str):
        return {name for tag in _EXPRESSION.findall(value) for name in _ARGUMENT.findall(tag)}
    if isinstance(value, Mapping):
        return {name for item in value.values() for name in _arguments_read(item)}
    if isinstance(value, list | tuple):
        return {name for item in value for name in _arguments_read(item)}
    return set()
