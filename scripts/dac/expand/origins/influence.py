"""Which inputs of a computation each part of its result depends on: those that change it when they are changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dac.expand.fields import leaves
from dac.expand.origins.sourced import Origins, Sourced
from dac.model import Pointer, value_at

Compute = Callable[[Mapping[str, Any]], Any]
WORD = re.compile(r"[A-Za-z0-9_]+")


def influences(
    inputs: Mapping[str, Sourced],
    compute: Compute,
    result: Any,
    words: frozenset[str] = frozenset(),
    entries: frozenset[str] = frozenset(),
) -> dict[Pointer, Origins]:
    """Return what each leaf of a result depends on; a leaf that depends on no input is left out.

    Each part of the inputs that may matter is changed by itself, and the computation is done again.

    Args:
        inputs: what is read.
        compute: gives the result for other values of the inputs; a ValueError where it cannot.
        result: what it gives for these.
        words: of the computation's own text, beside which only names that the result holds are read of entries.
        entries: the inputs that map names to entries, each of which may be left out by itself.
    """
    search = _Search(inputs, compute, result, words | _words(result), entries)
    for name in inputs:
        search.input(name)
    return search.origins


class _Search:
    def __init__(
        self,
        inputs: Mapping[str, Sourced],
        compute: Compute,
        result: Any,
        words: frozenset[str],
        entries: frozenset[str],
    ) -> None:
        self._inputs = inputs
        self._values = {name: source.value for name, source in inputs.items()}
        self._compute = compute
        self._result = result
        self._words = words
        self._entries = entries
        self._names = {
            str(key): list(value)
            for name, value in self._values.items()
            if name in entries and isinstance(value, Mapping)
            for key in value
        }
        self._every = frozenset(pointer for pointer, _ in leaves(result))
        self._undecided: list[Pointer] = []  # parts of the entry looked at that no other value can stand in for
        self.origins: dict[Pointer, Origins] = {}

    def input(self, name: str) -> None:
        """Attribute the leaves that an input changes."""
        whole = self._values[name]
        if name in self._entries and isinstance(whole, Mapping):
            self._leave_out(name, list(whole))
        self._explore(name, (), self._values[name])
        self._values[name] = whole

    def _leave_out(self, name: str, keys: list[str]) -> None:
        """Leave out the entries that change nothing, so that the rest is looked at for less; halves at a time."""
        rest = {key: item for key, item in self._values[name].items() if key not in keys}
        if self._changed(name, (), rest) == frozenset():
            self._values[name] = rest
        elif len(keys) > 1:
            self._leave_out(name, keys[: len(keys) // 2])
            self._leave_out(name, keys[len(keys) // 2 :])

    def _explore(self, name: str, pointer: Pointer, value: Any) -> frozenset[Pointer]:
        """Attribute the leaves that a part of an input changes; return them."""
        if not isinstance(value, Mapping | list) or not value:
            changed = self._changed_leaf(name, pointer, value)
            self._attribute(changed, name, pointer)
            return changed
        if isinstance(value, Mapping) and name in self._entries and pointer:
            value = self._read_of(name, pointer, value)
        explained: frozenset[Pointer] = frozenset()
        for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            explained |= self._explore(name, (*pointer, key), item)
        if name in self._entries and len(pointer) == 1:
            rest = (self._changed(name, pointer, _ABSENT) or frozenset()) - explained
            for part in (pointer, *self._undecided):
                self._attribute(rest, name, part)
            explained |= rest
            self._undecided = []
        return explained

    def _read_of(self, name: str, pointer: Pointer, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the parts of an entry that may be read, and leave the others out for as long as it is looked at."""
        read = {key: item for key, item in value.items() if self._may_be_read(str(key))}
        if len(read) < len(value) and self._changed(name, pointer, read) == frozenset():
            self._values[name] = _with(self._values[name], pointer, read)
        return read

    def _may_be_read(self, key: str) -> bool:
        return all(word in self._words for word in WORD.findall(key))

    def _changed_leaf(self, name: str, pointer: Pointer, value: Any) -> frozenset[Pointer]:
        """Return what another value changes; where no other can be computed with, all, or what the entry changes."""
        for other in (*self._beside(name, pointer, value), *self._others(value)):
            changed = self._changed(name, pointer, other)
            if changed is not None:
                return changed
        self._undecided.append(pointer)
        return frozenset() if name in self._entries else self._every

    def _beside(self, name: str, pointer: Pointer, value: Any) -> list[Any]:
        """Return another value that other entries have in the same field, if there is one."""
        if name not in self._entries or len(pointer) < 2:
            return []
        entries = self._inputs[name].value
        others = (value_at(entry, pointer[1:], _ABSENT) for entry in entries.values())
        return [other for other in others if other is not _ABSENT and other != value][:1]

    def _others(self, value: Any) -> Iterator[Any]:
        if isinstance(value, bool):
            yield not value
        elif isinstance(value, int | float):
            yield value + 1
        elif isinstance(value, str):
            yield from [key for key in self._names.get(value, ()) if key != value][:3]
            if digits := re.search(r"\d+", value):
                yield value[: digits.start()] + str(int(digits[0]) + 1) + value[digits.end() :]
            yield f"{value}~"
        elif isinstance(value, Mapping):
            yield {"~": "~"}
        elif isinstance(value, list):
            yield ["~"]
        else:
            yield from ("~", 1)

    def _changed(self, name: str, pointer: Pointer, value: Any) -> frozenset[Pointer] | None:
        """Return the leaves that differ once the part is replaced; None where nothing can be computed then."""
        changed = dict(self._values)
        changed[name] = _with(changed[name], pointer, value)
        try:
            return frozenset(differing(self._result, self._compute(changed)))
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def _attribute(self, changed: frozenset[Pointer], name: str, pointer: Pointer) -> None:
        origins = self._inputs[name].origins(pointer) if changed else ()
        for leaf in changed:
            self.origins[leaf] = (*self.origins.get(leaf, ()), *origins)


_ABSENT: Any = object()


def differing(before: Any, after: Any, pointer: Pointer = ()) -> Iterator[Pointer]:
    """Return the leaves of `before` that are not the same in `after`; items of a list are matched by their values."""
    if isinstance(before, Mapping) and before and isinstance(after, Mapping):
        for key, item in before.items():
            yield from differing(item, after.get(key, _ABSENT), (*pointer, str(key)))
    elif isinstance(before, list) and before and isinstance(after, list):
        rest: Sequence[Any] = after
        if len(before) != len(after):
            rest = [item if item in after else _ABSENT for item in before]
        for index, item in enumerate(before):
            yield from differing(item, rest[index], (*pointer, index))
    elif before is not after and (type(before) is not type(after) or before != after):
        yield from (leaf for leaf, _ in leaves(before, pointer))


def _with(data: Any, pointer: Pointer, value: Any) -> Any:
    """Return a copy of the data with another value at the pointer, or without the part there."""
    if not pointer:
        return value
    key, rest = pointer[0], pointer[1:]
    if isinstance(data, list):
        items = list(data)
        items[int(key)] = _with(items[int(key)], rest, value)
        return items
    entries = dict(data)
    if not rest and value is _ABSENT:
        del entries[key]
    else:
        entries[key] = _with(entries[key], rest, value)
    return entries


def _words(value: Any) -> frozenset[str]:
    if isinstance(value, Mapping):
        keys = {word for key in value for word in WORD.findall(str(key))}
        return frozenset(keys).union(*map(_words, value.values()))
    if isinstance(value, list):
        return frozenset().union(*map(_words, value)) if value else frozenset()
    return frozenset(WORD.findall(value)) if isinstance(value, str) and "{" in value else frozenset()
