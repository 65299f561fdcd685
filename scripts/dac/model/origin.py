"""Where a rendered value comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from dac.model.document import Document, Pointer
from dac.model.finding import Location
from dac.model.object_path import Path


class OriginKind(StrEnum):
    """Who gives a value, the nearest to the team first."""

    DECISION = "decision"
    CATALOG = "catalog"
    DEFAULT = "default"
    COMPUTED = "computed"
    PLATFORM = "platform"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """0 for the kind that stands first."""
        return list(OriginKind).index(self)


@dataclass(frozen=True, slots=True)
class Origin:
    """A line that a rendered value depends on.

    Attributes:
        kind: whose it is.
        document: what it stands in; None for a file that is not YAML, and for what is unknown.
        pointer: of the value there.
        location: file, line and column.
        key: whether the key is meant rather than the value.
    """

    kind: OriginKind
    document: Document | None
    pointer: Pointer
    location: Location
    key: bool = False

    @property
    def identity(self) -> tuple[int, Location]:
        """Equal for origins at the same place; what stands in the documents is not compared."""
        return self.kind.rank, self.location

    @property
    def value(self) -> Any:
        """What stands there; None for a key, and where it cannot be told."""
        value: Any = self.document.data if self.document else None
        for key in self.pointer:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return None
        return None if self.key else value


UNKNOWN = Origin(OriginKind.UNKNOWN, None, (), Location("", 0, 0))


@dataclass(frozen=True)
class Leaf:
    """A value of a rendered manifest that holds no other.

    Attributes:
        subject: whose it is: `project/pipeline`, `project`, `standard@v1`, or `platform`.
        file: the rendered file.
        path: where it stands there, the object first.
        pointer: the same within the object, as keys and indices.
        value: the value; of a template, as the subject's arguments make it.
        field: the pointer of the field that holds it: a text may hold several values as JSON.
        ask: gives what it depends on.
    """

    subject: str
    file: str
    path: Path
    pointer: Pointer
    value: Any
    field: Pointer
    ask: Callable[[], tuple[Origin, ...]]

    @cached_property
    def origins(self) -> tuple[Origin, ...]:
        """What it depends on, the nearest to the team first; never empty."""
        return ordered(self.ask()) or (UNKNOWN,)

    @property
    def unknown(self) -> bool:
        """Whether nothing tells where the value comes from."""
        return self.origins[0].kind is OriginKind.UNKNOWN


def ordered(origins: Iterable[Origin]) -> tuple[Origin, ...]:
    """Return each origin once, the nearest to the team first."""
    return tuple({origin.identity: origin for origin in sorted(origins, key=lambda each: each.identity)}.values())
