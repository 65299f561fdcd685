"""A template as one pipeline runs it: its expressions answered and its facts put in, for the pipeline's arguments.

A template and the catalog's ConfigMaps hold what every name means that an argument may take; what a pipeline itself
runs changes only where its own arguments reach that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dac.model.facts import Answer, Maps, arguments_in, reference_of, text_of, variables_of

_EXPRESSION = re.compile(r"\{\{=(.*?)\}\}", re.DOTALL)


class EffectiveTemplates:
    """Templates with expressions answered; each is answered once for the same arguments.

    Args:
        answer: evaluates Argo's expressions.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._answered: dict[tuple[int, int, tuple[tuple[str, str], ...]], Any] = {}
        self._read: dict[int, frozenset[str]] = {}

    def of(self, template: Mapping[str, Any], maps: Maps, arguments: Mapping[str, str]) -> Any:
        """Return the template as it runs with the arguments; those that no expression reads stay as tags.

        Args:
            template: the rendered ClusterWorkflowTemplate; the very same object is known again.
            maps: the catalog's ConfigMaps; the very same object is known again.
            arguments: those of the CronWorkflow, the template's own defaults left out.
        """
        defaults = template.get("spec", {}).get("arguments", {}).get("parameters", [])
        given = {item["name"]: str(item.get("value", "")) for item in defaults} | dict(arguments)
        if id(template) not in self._read:
            self._read[id(template)] = frozenset(_arguments_read(template))
        values = tuple(sorted((name, given[name]) for name in self._read[id(template)] if name in given))
        key = (id(template), id(maps), values)
        if key not in self._answered:
            named = {f"workflow.parameters.{name}": value for name, value in values}
            self._answered[key] = self._walk(template, maps, named)
        return self._answered[key]

    def _walk(self, value: Any, maps: Maps, values: Mapping[str, str]) -> Any:
        if isinstance(value, str):
            return self._answer(value, values) if "{{=" in value else value
        if isinstance(value, Mapping):
            reference = reference_of(value)
            text = text_of(reference, maps, values, self._answer) if reference else None
            if text is not None:
                return {"name": value["name"], "value": text}
            return {key: self._walk(item, maps, values) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._walk(item, maps, values) for item in value]
        return value


def _arguments_read(template: Any) -> set[str]:
    """Return the arguments that the template's expressions and the keys of its facts read."""
    texts = [key for _, (_, key) in variables_of(template)]
    texts += [tag for text in _texts(template) for tag in _EXPRESSION.findall(text)]
    return {name for text in texts for name in arguments_in(text)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for item in inner:
        yield from _texts(item)
