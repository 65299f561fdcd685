"""What a YAML template is compiled to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dac.expand.interpolation import Code
from dac.model import Document, Location, Pointer


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node is written.

    Attributes:
        document: the file's document.
        pointer: of the value in it.
    """

    document: Document
    pointer: Pointer

    @property
    def location(self) -> Location:
        """File, line and column."""
        return self.document.at(self.pointer)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value without expressions; its place is kept only where the template was compiled to be traced."""

    value: Any
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text with expressions in it."""

    parts: list[str | Code]
    place: Place


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping that holds expressions."""

    entries: dict[str, Node]


@dataclass(frozen=True, slots=True)
class List:
    """A list that holds expressions."""

    items: list[Node]


Node = Constant | Scalar | Map | List
