"""A YAML document that remembers where each of its values stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dac.model.finding import Location

Pointer = tuple[str | int, ...]  # the keys and indices that lead to a value, from the root


def value_at(data: Any, pointer: Pointer, otherwise: Any) -> Any:
    """Return the value that a pointer leads to, `otherwise` where there is none."""
    for key in pointer:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return otherwise
    return data


@dataclass(frozen=True, slots=True)
class Document:
    """A document's data with the place of every key and value.

    Attributes:
        file: path relative to the repository's root.
        data: the document as plain dict, list, str, int, float, bool, None.
        keys: pointer of a mapping entry -> (line, column) of its key, 1-based.
        values: pointer -> (line, column) of the value, 1-based.
        elsewhere: pointer -> the file in which its key and value stand, where that is another one.
    """

    file: str
    data: Any
    keys: Mapping[Pointer, tuple[int, int]] = field(default_factory=dict)
    values: Mapping[Pointer, tuple[int, int]] = field(default_factory=dict)
    elsewhere: Mapping[Pointer, str] = field(default_factory=dict)

    @property
    def files(self) -> list[str]:
        """Every file that it was read from, its own first."""
        return list(dict.fromkeys([self.file, *self.elsewhere.values()]))

    def file_of(self, pointer: Pointer) -> str:
        """Return the file in which the key and the value at `pointer` stand."""
        return self.elsewhere.get(pointer, self.file)

    def at(self, pointer: Pointer) -> Location:
        """Where the value at `pointer` stands; where it is absent, the nearest enclosing value."""
        for end in range(len(pointer), -1, -1):
            if (place := self.values.get(pointer[:end])) is not None:
                return Location(self.file_of(pointer[:end]), *place)
        return Location(self.file)

    def at_key(self, pointer: Pointer) -> Location:
        """Where the key of the entry at `pointer` stands; where it is absent, as `at`."""
        place = self.keys.get(pointer)
        return Location(self.file_of(pointer), *place) if place else self.at(pointer)
