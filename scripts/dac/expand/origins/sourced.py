"""Values together with where each of their parts is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dac.model import Document, Location, Pointer
from dac.model.origin import Origin, OriginKind

Origins = tuple[Origin, ...]
_COMPUTED = frozenset(["parameters", "schedule"])  # sections of standard.yaml that hold expressions


@dataclass(frozen=True, slots=True)
class Sourced:
    """A value, and where it is written.

    Attributes:
        value: the value.
        origins: what the part at a pointer comes from.
    """

    value: Any
    origins: Callable[[Pointer], Origins]

    def below(self, *keys: str | int) -> Sourced:
        """Return a part of the value."""
        value = self.value
        for key in keys:
            value = value[key]
        return Sourced(value, lambda pointer: self.origins((*keys, *pointer)))


def mapping(parts: Mapping[str, Sourced]) -> Sourced:
    """Return a mapping of sourced values as one."""

    def origins(pointer: Pointer) -> Origins:
        if pointer and pointer[0] in parts:
            return parts[str(pointer[0])].origins(pointer[1:])
        return tuple(origin for part in parts.values() for origin in part.origins(()))

    return Sourced({name: part.value for name, part in parts.items()}, origins)


def sequence(items: list[Sourced]) -> Sourced:
    """Return a list of sourced values as one."""

    def origins(pointer: Pointer) -> Origins:
        if pointer and isinstance(pointer[0], int) and pointer[0] < len(items):
            return items[pointer[0]].origins(pointer[1:])
        return tuple(origin for item in items for origin in item.origins(()))

    return Sourced([item.value for item in items], origins)


def fixed(value: Any, *origins: Origin) -> Sourced:
    """Return a value all of whose parts come from the same lines."""
    return Sourced(value, lambda _pointer: origins)


def written(document: Document, base: Pointer = (), value: Any = None) -> Sourced:
    """Return a value that stands in a document, each part of it at its own place."""
    return Sourced(value, lambda pointer: (origin_at(document, (*base, *pointer)),))


def origin_at(document: Document, pointer: Pointer, *, key: bool = False) -> Origin:
    """Return the line of a value, or of the nearest value around it that is written."""
    while pointer and pointer not in document.values:
        pointer = pointer[:-1]
    location = document.at_key(pointer) if key else document.at(pointer)
    return Origin(_kind(document.file, pointer, key), document, pointer, location, key)


def origin_of_file(file: str) -> Origin:
    """Return a file that is taken whole."""
    return Origin(OriginKind.PLATFORM, None, (), Location(file))


def _kind(file: str, pointer: Pointer, key: bool) -> OriginKind:
    if file.startswith("projects/"):
        return OriginKind.DECISION
    if file.startswith("standards/catalog/"):
        return OriginKind.COMPUTED if file.endswith("/functions.yaml") else OriginKind.CATALOG
    if file.startswith("standards/platform/"):
        return OriginKind.PLATFORM
    if pointer[:1] and pointer[0] in _COMPUTED and file.endswith("/standard.yaml") and not key:
        return OriginKind.COMPUTED
    return OriginKind.DEFAULT
