"""`when`: govaluate with bare words as strings, as the controller's shouldExecute does.

Source: workflow/controller/steps.go.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from dac.run.argo.expression import regexp
from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.expression.when_lexer import Missing, Token, tokens
from dac.run.argo.gotext import text

_LEVELS = ((",",), ("?", ":", "??"), ("||",), ("&&",), ("==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in"),
           ("&", "|", "^"), ("<<", ">>"), ("+", "-"), ("*", "/", "%"), ("**",))  # fmt: skip


def should_execute(when: str) -> bool:
    """Whether a `when`, its tags already replaced, lets the step run; an empty one does.

    Raises:
        ExpressionError: It does not parse, does not evaluate, or does not give a boolean.
    """
    if not when:
        return True
    result = value(when)
    if not isinstance(result, bool):
        raise ExpressionError(f"Expected boolean evaluation for '{when}'. Got {text(result)}")
    return result


def value(when: str) -> Any:
    """Evaluate a `when`, to a value of any type.

    Raises:
        ExpressionError: It does not parse or does not evaluate.
    """
    try:
        tokens_of_when = tokens(when)
        _check_patterns(tokens_of_when)
        tree = _Parser(tokens_of_when).whole() if tokens_of_when else None
    except ExpressionError as error:
        hint = ' (hint: try wrapping the affected expression in quotes ("))' if "Invalid token" in str(error) else ""
        raise ExpressionError(f"Invalid 'when' expression '{when}': {error}{hint}") from error
    try:
        return tree() if tree else None
    except ExpressionError as error:
        raise ExpressionError(f"Failed to evaluate 'when' expresion '{when}': {error}") from error


def _check_patterns(tokens_of_when: list[Token]) -> None:
    """Compile the patterns that are written out, as the parser does before anything is evaluated."""
    for (_, operator), (kind, pattern) in pairwise(tokens_of_when):
        if operator in ("=~", "!~") and kind == "value" and isinstance(pattern, str):
            regexp.check(pattern)


Tree = Callable[[], Any]


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = [*tokens, ("end", "")]
        self.at = 0

    def whole(self) -> Tree:
        return self.level(0)

    def level(self, depth: int) -> Tree:
        if depth == len(_LEVELS):
            return self.operand()
        left = self.level(depth + 1)
        while self.tokens[self.at][0] not in ("value", "end") and self.tokens[self.at][1] in _LEVELS[depth]:
            operator = self.tokens[self.at][1]
            self.at += 1
            left = _binary(operator, left, self.level(depth + 1))
        return left

    def operand(self) -> Tree:
        kind, value = self.tokens[self.at]
        self.at += 1
        if kind == "prefix":
            return _prefix(value, self.operand())
        if kind == "open":
            inner = self.level(0)
            self.at += 1
            return inner
        if kind == "value":
            return lambda: _parameter(value)
        raise ExpressionError(f"Unable to plan token kind: '{kind.upper()}', value: '{text(value)}'")


def _parameter(value: Any) -> Any:
    if isinstance(value, Missing):
        raise ExpressionError(f"No parameter '{value.name}' found.")
    return value


def _need(kind: type, value: Any, operator: str, what: str) -> Any:
    if not isinstance(value, kind):
        raise ExpressionError(f"Value '{text(value)}' cannot be used with the {what}")
    return value


def _prefix(operator: str, operand: Tree) -> Tree:
    def run() -> Any:
        value = _need(bool if operator == "!" else float, operand(), operator, f"prefix '{operator}'")
        return not value if operator == "!" else -value if operator == "-" else float(~int(value))

    return run


def _binary(operator: str, left: Tree, right: Tree) -> Tree:
    def run() -> Any:
        first = left()
        if operator in ("&&", "||"):
            if first is (operator == "||"):
                return first
            what = f"logical operator '{operator}', it is not a bool"
            _need(bool, first, operator, what)
            return _need(bool, right(), operator, what)
        if operator == "?":
            return right() if _need(bool, first, operator, "ternary operator '?', it is not a bool") else None
        if operator in (":", "??"):
            return right() if first is None else first
        return _apply(operator, first, right())

    return run


def _apply(operator: str, first: Any, second: Any) -> Any:
    if operator == ",":
        return [*first, second] if isinstance(first, list) else [first, second]
    if operator in ("==", "!="):
        return (type(first) is type(second) and first == second) == (operator == "==")
    if operator == "in":
        items = _need(list, second, operator, "comparator 'in', it is not a number")
        return any(type(first) is type(item) and first == item for item in items)
    if operator in ("=~", "!~"):
        what = f"comparator '{operator}', it is not a number"
        pattern = _need(str, second, operator, what)
        return regexp.matches(pattern, _need(str, first, operator, what)) == (operator == "=~")
    if operator in (">", ">=", "<", "<="):
        if {type(first), type(second)} not in ({float}, {str}):
            raise ExpressionError(
                f"Value '{text(first)}' cannot be used with the comparator '{operator}', it is not a number"
            )
        return {">": first > second, ">=": first >= second, "<": first < second, "<=": first <= second}[operator]
    if operator == "+" and (isinstance(first, str) or isinstance(second, str)):
        return text(first) + text(second)
    what = f"modifier '{operator}', it is not a number"
    return _ARITHMETIC[operator](_need(float, first, operator, what), _need(float, second, operator, what))


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else (math.nan if not a else math.copysign(math.inf, a)),
    "%": math.fmod,
    "**": lambda a, b: a**b,
    "&": lambda a, b: float(int(a) & int(b)),
    "|": lambda a, b: float(int(a) | int(b)),
    "^": lambda a, b: float(int(a) ^ int(b)),
    "<<": lambda a, b: float(int(a) << int(b)),
    ">>": lambda a, b: float(int(a) >> int(b)),
}
