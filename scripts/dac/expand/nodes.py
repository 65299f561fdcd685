"""What a YAML template is compiled to; each node renders itself.

A branch is copied with its constants in place, and only what holds expressions is computed anew: most of a manifest is
the same in every project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dac.expand.expressions import ExpressionError, Expressions
from dac.expand.functions import spaced_json
from dac.expand.interpolation import Code
from dac.model import Document, Finding, Location, Pointer


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


@dataclass(slots=True)
class Rendering:
    """What expressions read while a template is rendered, and what is wrong with them."""

    expressions: Expressions
    variables: Mapping[str, Any]
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value without expressions; its place is kept only where the template was compiled to be traced."""

    value: Any
    place: Place | None = None

    def render(self, _: Rendering) -> Any:
        """Return the value, which all that is rendered shares."""
        return self.value


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text with expressions in it."""

    parts: list[str | Code]
    place: Place

    def render(self, within: Rendering) -> Any:
        """Return the expression's value, or the text with the values in it; None, with a finding, where one fails."""
        try:
            values = [
                within.expressions.evaluate(part.source, within.variables) if type(part) is Code else part
                for part in self.parts
            ]
        except ExpressionError as error:
            text = f"the expression fails: {error}"
            within.findings.append(Finding(self.place.location, "template.expression", text, "fix the expression"))
            return None
        return values[0] if len(values) == 1 else "".join(map(text_of, values))


@dataclass(slots=True)
class Map:
    """A mapping that holds expressions."""

    entries: dict[str, Node]
    _shape: dict[str, Any] = field(init=False, repr=False, compare=False)
    _computed: list[tuple[str, Node]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._shape = {key: node.value if type(node) is Constant else None for key, node in self.entries.items()}
        self._computed = [(key, node) for key, node in self.entries.items() if type(node) is not Constant]

    def render(self, within: Rendering) -> dict[str, Any]:
        """Return the mapping, its keys in the template's order."""
        rendered = self._shape.copy()
        for key, node in self._computed:
            rendered[key] = node.render(within)
        return rendered


@dataclass(slots=True)
class List:
    """A list that holds expressions."""

    items: list[Node]
    _shape: list[Any] = field(init=False, repr=False, compare=False)
    _computed: list[tuple[int, Node]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._shape = [node.value if type(node) is Constant else None for node in self.items]
        self._computed = [(index, node) for index, node in enumerate(self.items) if type(node) is not Constant]

    def render(self, within: Rendering) -> list[Any]:
        """Return the list."""
        rendered = self._shape.copy()
        for index, node in self._computed:
            rendered[index] = node.render(within)
        return rendered


Node = Constant | Scalar | Map | List


def text_of(value: Any) -> str:
    """Return a value as it stands within other text: what is not text, as JSON."""
    return value if isinstance(value, str) else spaced_json(value)
