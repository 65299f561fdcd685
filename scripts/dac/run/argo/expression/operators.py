"""The binary operators of expr-lang, each refusing operands of the wrong Go type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dac.run.argo.expression import regexp
from dac.run.argo.expression.checker import type_name
from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.expression.times import Duration, Moment
from dac.run.argo.expression.values import equal, int64, is_number


def _numbers(operator: str, work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def run(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            raise ExpressionError(f"invalid operation: {type_name(left)} {operator} {type_name(right)}")
        return work(left, right)

    return run


def _ordered(operator: str, work: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    numbers = _numbers(operator, work)

    def run(left: Any, right: Any) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return work(left.encode(), right.encode())
        if type(left) is type(right) and isinstance(left, (Moment, Duration)):
            return work(left.nanoseconds, right.nanoseconds)
        return bool(numbers(left, right))

    return run


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, Duration) and isinstance(right, Moment):
        return right.plus(left)
    if isinstance(left, Moment) and isinstance(right, Duration):
        return left.plus(right)
    if isinstance(left, Duration) and isinstance(right, Duration):
        return Duration(left.nanoseconds + right.nanoseconds)
    return int64(_numbers("+", lambda a, b: a + b)(left, right))


def _subtract(left: Any, right: Any) -> Any:
    if isinstance(left, Moment) and isinstance(right, Duration):
        return left.plus(Duration(-right.nanoseconds))
    if isinstance(left, (Moment, Duration)) and type(left) is type(right):
        return Duration(left.nanoseconds - right.nanoseconds)
    return int64(_numbers("-", lambda a, b: a - b)(left, right))


def _multiply(left: Any, right: Any) -> Any:
    if isinstance(left, Duration) or isinstance(right, Duration):
        sizes = [each.nanoseconds if isinstance(each, Duration) else each for each in (left, right)]
        return Duration(int(_numbers("*", lambda a, b: a * b)(*sizes)))
    return int64(_numbers("*", lambda a, b: a * b)(left, right))


def _divide(left: Any, right: Any) -> float:
    if right == 0:
        return float("nan") if left == 0 else float("inf") if left > 0 else float("-inf")
    return float(left) / float(right)


def _remainder(left: Any, right: Any) -> int:
    if isinstance(left, float) or isinstance(right, float):
        raise ExpressionError(f"invalid operation: {type_name(left)} % {type_name(right)}")
    if right == 0:
        raise ExpressionError("integer divide by zero")
    return int(abs(left) % abs(right)) * (-1 if left < 0 else 1)


def _strings(operator: str, work: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def run(left: Any, right: Any) -> bool:
        if left is None or right is None:
            return False
        if not (isinstance(left, str) and isinstance(right, str)):
            raise ExpressionError(f"invalid operation: {type_name(left)} {operator} {type_name(right)}")
        return work(left, right)

    return run


def _within(left: Any, right: Any) -> bool:
    if right is None:
        return False
    if isinstance(right, Mapping):
        return left in right
    if isinstance(right, (list, tuple)):
        return any(equal(item, left) for item in right)
    raise ExpressionError(f'operator "in" not defined on {type_name(right)}')


LOGIC = {"||": True, "or": True, "&&": False, "and": False}
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _ordered("<", lambda a, b: a < b),
    "<=": _ordered("<=", lambda a, b: a <= b),
    ">": _ordered(">", lambda a, b: a > b),
    ">=": _ordered(">=", lambda a, b: a >= b),
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _numbers("/", _divide),
    "%": _numbers("%", _remainder),
    "**": _numbers("**", lambda a, b: float(a) ** float(b)),
    "^": _numbers("^", lambda a, b: float(a) ** float(b)),
    "..": _numbers("..", lambda a, b: list(range(int(a), int(b) + 1))),
    "in": _within,
    "contains": _strings("contains", lambda a, b: b in a),
    "startsWith": _strings("startsWith", lambda a, b: a.startswith(b)),
    "endsWith": _strings("endsWith", lambda a, b: a.endswith(b)),
    "matches": _strings("matches", lambda a, b: regexp.matches(b, a)),
}
