"""A filter as every store understands it: which labels a point has, between which bounds its numbers are.

`metadata` says what labels and bounds are. No condition is negated as a whole: engines differ in what the opposite of a
comparison is for a point that lacks the field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

LABELS = "labels"
Operator: TypeAlias = Literal["<", "<=", ">", ">="]
OPPOSITES: dict[Operator, Operator] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True, slots=True)
class Among:
    """A field holds one of the values, or, `negated`, none of them.

    Attributes:
        field: `labels`, `document` or `hash`; every point has them.
    """

    field: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound compares so with the limit; one that a point lacks does not."""

    field: str
    operator: Operator
    limit: float


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = Among | Bound | Every | Some


def every(parts: Sequence[Condition]) -> Condition:
    """Return the condition that all parts hold; there is at least one."""
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def some(parts: Sequence[Condition]) -> Condition:
    """Return the condition that one part holds; there is at least one."""
    return parts[0] if len(parts) == 1 else Some(tuple(parts))
