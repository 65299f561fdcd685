"""What a part of a JSONPath selects: a key, an index, a range, a union, a filter, all, all below.

Source: the token package of github.com/evilmonkeyinc/jsonpath 0.8.1.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dac.run.argo.expression.lexer import ExpressionError


class Token(ABC):
    """A part of a path."""

    @abstractmethod
    def apply(self, root: Any, current: Any, rest: Sequence[Token]) -> Any:
        """Return what the token and those behind it select from the current value.

        Raises:
            ExpressionError: The value is of another kind, or lacks what is selected.
        """

    @property
    def type(self) -> str:
        """What the token is called in messages."""
        return type(self).__name__.lower()

    def refuse(self, value: Any, kinds: str) -> ExpressionError:
        """Return the error of a value of another kind."""
        return ExpressionError(f"{self.type}: invalid token target. expected [{kinds}] got [{kind(value)}]")


def kind(value: Any) -> str:
    """Return the name of a value's Go kind."""
    names = {bool: "bool", int: "int64", float: "float64", str: "string", dict: "map", list: "slice"}
    return names.get(type(value), "nil")


def whole(value: Any) -> int | None:
    """Return a number without a fraction as an integer; None for any other value (isInteger)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, float) and (math.isinf(value) or abs(value) >= 2**63):
        return -(2**63)  # what a conversion out of range gives on amd64
    return int(value) if value == value and value == math.trunc(value) else None


def then(root: Any, value: Any, rest: Sequence[Token]) -> Any:
    """Return what the tokens that are left select from a value."""
    return rest[0].apply(root, value, rest[1:]) if rest else value


def each(root: Any, values: Sequence[Any], rest: Sequence[Token]) -> list[Any]:
    """Return what the rest selects from each value, without those that it selects nothing from."""
    if not rest:
        return list(values)
    selected = []
    for value in values:
        try:
            selected.append(then(root, value, rest))
        except ExpressionError:
            continue
    return [value for value in selected if value is not None]


def members(value: Any) -> list[Any] | None:
    """Return the items of a list, or of a map by key; None of anything else."""
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return value if isinstance(value, list) else None


class Root(Token):
    """`$`."""

    def apply(self, root: Any, current: Any, rest: Sequence[Token]) -> Any:
        """As there."""
        return then(root, root, rest)


class Current(Token):
    """`@`."""

    def apply(self, root: Any, current: Any, rest: Sequence[Token]) -> Any:
        """As there."""
        return then(root, current, rest)


@dataclass(frozen=True)
class Key(Token):
    """`.name` or `['name']`."""

    key: str

    def apply(self, root: Any, current: Any, rest: Sequence[Token]) -> Any:
        """As there."""
        if not isinstance(current, dict):
            raise self.refuse(current, "map")
        if self.key not in current:
            raise ExpressionError(f"key: invalid token key '{self.key}' not found")
        return then(root, current[self.key], rest)


@dataclass(frozen=True)
class Index(Token):
    """`[2]` or `[-1]`."""

    index: int

    def apply(self, root: Any, current: Any, rest: Sequence[Token]) -> Any:
        """As there."""
        if not isinstance(current, list):
            raise self.refuse(current, "array slice")
        if not -len(current) <= self.index < len(current):
            raise ExpressionError("index: invalid token out of range")
        return then(root, current[self.index], rest)


class Length(Token):
    """`.length`: of a list, of text in bytes, of a map without such a key."""

    def apply(self, root: Any, current: Any, rest: Sequence[Token]) -> Any:
        """As there."""
        if isinstance(current, dict):
            return then(root, current.get("length", len(current)), rest)
        if not isinstance(current, (list, str)):
            raise self.refuse(current, "array map slice string")
        return then(root, len(current.encode() if isinstance(current, str) else current), rest)


class Wildcard(Token):
    """`.*` or `[*]`."""

    def apply(self, root: Any, current: Any, rest: Sequence[Token]) -> Any:
        """As there."""
        values = members(current)
        if values is None:
            raise self.refuse(current, "array map slice")
        return each(root, values, rest)


class Recursive(Token):
    """`..`: the value and all below it."""

    def apply(self, root: Any, current: Any, rest: Sequence[Token]) -> Any:
        """As there."""
        if current is None:
            return []
        try:
            value = then(root, current, rest)
        except ExpressionError:
            value = None
        selected = list(value) if rest and isinstance(value, list) else [] if value is None else [value]
        return selected + [item for member in members(current) or () for item in self.apply(root, member, rest)]
