"""The most nodes that a run of a template has: each is stored in the run's object, whose size Kubernetes limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_UNKNOWN = 10  # tries more where an expression gives their number


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The nodes of a call.

    Attributes:
        once: of all that lists do not start.
        each: of a shard of the list that starts the most a shard.
    """

    once: int = 0
    each: int = 0

    def __add__(self, other: _Nodes) -> _Nodes:
        return _Nodes(self.once + other.once, max(self.each, other.each))

    def times(self, number: int) -> _Nodes:
        return _Nodes(self.once * number, self.each)


def most_nodes(spec: Mapping[str, Any], limits: Mapping[str, Any]) -> int:
    """Return the most nodes of a run: every try of every shard, and what Argo puts around them.

    Args:
        spec: of the template.
        limits: the standard's; `max_shards` of all lists of a run together, `max_sequence` of a sequence.
    """
    listed = {template.get("name"): template for template in spec.get("templates", [])}
    run = _Run(listed, spec.get("templateDefaults", {}), int(limits.get("max_sequence", 0)))
    starts = [{"template": spec[key]} for key in ("entrypoint", "onExit") if spec.get(key)]
    nodes = sum((run.of_task(task, ()) for task in [*starts, *_hooks(spec)]), _Nodes())
    return nodes.once + int(limits.get("max_shards", 0)) * nodes.each


@dataclass(frozen=True, slots=True)
class _Run:
    templates: Mapping[Any, Mapping[str, Any]]
    defaults: Mapping[str, Any]
    max_sequence: int

    def of_task(self, task: Mapping[str, Any], callers: tuple[str, ...]) -> _Nodes:
        called = task.get("inline") or self.templates.get(task.get("template"), {})
        name = str(task.get("template", ""))
        # A template that calls itself is bounded by Argo, and refused by the linter.
        nodes = _Nodes(1) if name in callers else self._of_template(called, (*callers, name) if name else callers)
        nodes = sum((self.of_task(hook, callers) for hook in _hooks(task)), nodes)
        if "withParam" in task:
            return _Nodes(0, nodes.once + nodes.each)
        return nodes.times(self._length(task)) + _Nodes("withItems" in task or "withSequence" in task)

    def _length(self, task: Mapping[str, Any]) -> int:
        if isinstance(items := task.get("withItems"), list):
            return len(items)
        if not isinstance(sequence := task.get("withSequence"), dict):
            return 1
        first, last, count = (str(sequence.get(key, "")) for key in ("start", "end", "count"))
        if count.isdecimal():
            return int(count)
        if not count and last.isdecimal() and (first or "0").isdecimal():
            return abs(int(last) - int(first or "0")) + 1
        # The part of a list, given by it: its shards are among those of the list, one of them here.
        return 1 if "inputs.parameters." in count + last else self.max_sequence

    def _of_template(self, template: Mapping[str, Any], callers: tuple[str, ...]) -> _Nodes:
        body = _Nodes(1 + len(template.get("containerSet", {}).get("containers", [])))
        groups = template.get("steps", [])
        for task in _tasks(template):
            body += self.of_task(task, callers)
        body += _Nodes(len(groups))
        strategy = template.get("retryStrategy") or self.defaults.get("retryStrategy")
        if not strategy:
            return body
        limit = str(strategy.get("limit", ""))
        return body.times(1 + (int(limit) if limit.isdecimal() else _UNKNOWN)) + _Nodes(1)


def _tasks(template: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from template.get("dag", {}).get("tasks", [])
    for group in template.get("steps", []):
        yield from group if isinstance(group, list) else [group]


def _hooks(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from part.get("hooks", {}).values()
