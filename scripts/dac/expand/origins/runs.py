"""What a run makes of a template's values: its arguments filled in, and what a ConfigMap's key stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from dac.expand.fields import leaves
from dac.expand.origins.objects import at
from dac.expand.origins.sourced import Origins, Sourced
from dac.expand.origins.trace import View
from dac.model.facts import arguments_in
from dac.model.origin import Leaf

_KEY = ("configMapKeyRef", "key")


def in_a_run(
    leaf: Leaf,
    template: Any,
    arguments: Mapping[str, Sourced],
    maps: Mapping[str, Sourced],
    view: View,
) -> Iterator[Leaf]:
    """Return a template's leaf with what a run's arguments make of it, and what a ConfigMap's key stands for."""
    raw = at(template, leaf.pointer)
    if not isinstance(raw, str):
        yield leaf
        return
    names = [name for name in sorted(arguments_in(raw)) if name in arguments]
    value = view(raw) if leaf.value == raw and "{{" in raw else leaf.value
    value = value if not isinstance(value, Mapping | list) else leaf.value
    own = replace(leaf, value=value, ask=_joined(leaf.ask, *(_whole(arguments[name]) for name in names)))
    source: Sourced | None = None
    if leaf.pointer[-2:] == _KEY:
        container = at(template, leaf.pointer[:-1])
        source = maps.get(str(container.get("name", "")))
    if source is None or str(value) not in source.value:
        yield own
        return
    held = source.below(str(value))
    if not isinstance(held.value, Mapping | list):
        yield replace(own, ask=_joined(own.ask, _whole(held)))
        return
    yield own
    for pointer, part in leaves(held.value):  # the variable's text, which is the entry's JSON
        path = (*leaf.path[:-3], "value", *(f"[{key}]" if isinstance(key, int) else key for key in pointer))
        inside = (*leaf.pointer[:-3], "value", *pointer)
        ask = _joined(own.ask, _whole(held.below(*pointer)))
        yield replace(own, path=path, pointer=inside, value=part, ask=ask)


def _joined(*asked: Callable[[], Origins]) -> Callable[[], Origins]:
    return lambda: tuple(origin for ask in asked for origin in ask())


def _whole(source: Sourced) -> Callable[[], Origins]:
    return lambda: source.origins(())
