"""What an expression or several names pick: a filter, a script, a range, a union.

Source: the token package of github.com/evilmonkeyinc/jsonpath 0.8.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dac.run.argo.expression.jsonpath.tokens import Index, Key, Token, each, kind, members, then, whole
from dac.run.argo.expression.lexer import ExpressionError

Evaluate = Callable[[Any, Any], Any]  # of the root and the current value


def several(root: Any, values: list[Any], rest: Sequence[Token]) -> Any:
    """Return what the rest selects from values that were picked: an index picks among them."""
    return then(root, values, rest) if rest and isinstance(rest[0], Index) else each(root, values, rest)


@dataclass(frozen=True)
class Filter(Token):
    """`[?(...)]`, with nothing between the parentheses where `evaluate` is None."""

    evaluate: Evaluate | None

    def apply(self, root: Any, current: Any, rest: Sequence[Token]) -> Any:
        """As there."""
        values = members(current)
        if self.evaluate is None:
            raise ExpressionError("invalid expression. is empty")
        if values is None:
            raise self.refuse(current, "array map slice")
        kept = [value for value in values if _keeps(self.evaluate, root, value)]
        if rest and isinstance(rest[0], Index):
            root = current
        return several(root, kept, rest)


def _keeps(evaluate: Evaluate, root: Any, value: Any) -> bool:
    """Whether a filter's expression holds; one that fails does not."""
    try:
        result = evaluate(root, value)
    except ExpressionError:
        return False
    if isinstance(result, str) and len(result) > 1 and result[0] == result[-1] and result[0] in "'\"":
        result = result[1:-1]
    return bool(result)


@dataclass(frozen=True)
class Script(Token):
    """`[(...)]`: the key or the index that an expression gives."""

    evaluate: Evaluate

    def apply(self, root: Any, current: Any, rest: Sequence[Token]) -> Any:
        """As there."""
        value = self.evaluate(root, current)
        if isinstance(value, str):
            return Key(value).apply(root, current, rest)
        if (index := whole(value)) is None:
            raise ExpressionError(f"unexpected expression result. expected [int string] got [{kind(value)}]")
        return Index(index).apply(root, current, rest)


@dataclass(frozen=True)
class Range(Token):
    """`[from:to:step]`, each a number, an expression or nothing."""

    start: int | Evaluate | None
    end: int | Evaluate | None
    step: int | Evaluate | None

    def apply(self, root: Any, current: Any, rest: Sequence[Token]) -> Any:
        """As there."""
        if not isinstance(current, list):
            raise self.refuse(current, "array slice")
        size = len(current)
        start, end = (
            default if given is None else min(max(given + size if given < 0 else given, 0), size)
            for given, default in (
                (self.bound(self.start, root, current), 0),
                (self.bound(self.end, root, current), size),
            )
        )
        step = self.bound(self.step, root, current)
        if step == 0:
            raise ExpressionError("range: invalid token out of range")
        step = 1 if step is None else step
        picked = range(start, end, step) if step > 0 else range(end - 1, start - 1, step)
        return several(root, [current[index] for index in picked], rest)

    def bound(self, given: int | Evaluate | None, root: Any, current: Any) -> int | None:
        """Return a bound as a number; None where none is given."""
        if given is None or isinstance(given, int):
            return given
        value = given(root, current)
        if (number := whole(value)) is None:
            raise ExpressionError(
                f"range: invalid token unexpected expression result. expected [int] got [{kind(value)}]"
            )
        return number


@dataclass(frozen=True)
class Union(Token):
    """`['a','b']` or `[0,2]`: those of them that are there."""

    arguments: tuple[int | str | Evaluate, ...]

    def apply(self, root: Any, current: Any, rest: Sequence[Token]) -> Any:
        """As there."""
        given = [argument(root, current) if callable(argument) else argument for argument in self.arguments]
        wanted = [item if isinstance(item, str) else whole(item) for item in given]
        kinds = {type(item) for item in wanted}
        if len(kinds) > 1 or type(None) in kinds:
            raise ExpressionError(f"union: invalid token argument. expected [int string] got [{kind(given[-1])}]")
        if kinds == {str}:
            if not isinstance(current, dict):
                raise self.refuse(current, "map")
            return several(root, [current[key] for key in wanted if key in current], rest)
        if not isinstance(current, list):
            raise self.refuse(current, "array slice")
        indices = [index for index in wanted if isinstance(index, int) and -len(current) <= index < len(current)]
        return several(root, [current[index] for index in indices], rest)
