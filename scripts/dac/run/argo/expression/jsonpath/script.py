"""The expressions in a JSONPath's filters and scripts: `@.size > 3 && @.name =~ 'x.*'`.

An operator is looked for in the text, the weakest first; what stands on either side of it is read the same way. A value
is a number where its text is one, or else text with its quotes.

Source: the script/standard package of github.com/evilmonkeyinc/jsonpath 0.8.1.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dac.run.argo import gojson
from dac.run.argo.expression import regexp
from dac.run.argo.expression.jsonpath import operands
from dac.run.argo.expression.jsonpath.operands import NOTHING, Operand, Values
from dac.run.argo.expression.jsonpath.tokens import Token, members
from dac.run.argo.expression.lexer import ExpressionError

_OPERATORS = (
    "||", "&&", "==", "!=", "<=", ">=", "<", ">", "=~", "!", "+", "-", "**", "*", "/", "%", "not in", "in", "@", "$",
)  # fmt: skip
Selector = Callable[[str], Sequence[Token]]


def compiled(expression: str, selector: Selector) -> Callable[[Any, Any], Any]:
    """Return a function of the root and the current value that evaluates the expression.

    Args:
        expression: what stands between the parentheses.
        selector: reads a path in it.

    Raises:
        ExpressionError: A path in it is invalid.
    """
    operation = _operation(expression, _OPERATORS, selector)

    def evaluate(root: Any, current: Any) -> Any:
        values = {"$": root, "@": current, "nil": None, "null": None}
        if not expression:
            raise ExpressionError("invalid expression. is empty")
        if operation:
            return operation.evaluate(values)
        if expression in values:
            return values[expression]
        for read in (operands.number, operands.boolean):
            try:
                return read(expression, values)
            except ExpressionError:
                continue
        return expression

    return evaluate


@dataclass(frozen=True)
class _Operation(Operand):
    operator: str
    left: Any
    right: Any

    def evaluate(self, values: Values) -> Any:
        return _WORK[self.operator](self.left, self.right, values)


@dataclass(frozen=True)
class _Path(Operand):
    tokens: Sequence[Token]

    def evaluate(self, values: Values) -> Any:
        value = self.tokens[0].apply(values["$"], values["@"], self.tokens[1:])
        if isinstance(value, str) and not operands.quoted(value, "'"):
            return f"'{value}'"
        return value


def _operation(text: str, operators: Sequence[str], selector: Selector) -> _Operation | _Path | None:
    """Return the operation that a text is; None where it is a plain value (buildOperators)."""
    text = text.strip()
    while text and operators:
        operator = operators[0]
        if text.startswith("(") and text.endswith(")"):
            if len(text) == 1:
                raise ExpressionError("runtime error: slice bounds out of range [1:0]")
            text, operators = text[1:-1].strip(), ("", *_OPERATORS)  # all anew, behind the operator at hand
        at = _position(text, operator)
        left, right = text[:at].strip(), text[at + len(operator) :].strip()
        path = operator in ("$", "@")
        if at >= 0 and (right or path):
            second = _argument(right, operators, selector)
            if left or path or operator == "!":
                first = _argument(left, operators, selector)
                if operator == "":
                    raise ExpressionError("unsupported operator")
                if operator not in ("$", "@", "!"):
                    return _Operation(operator, first, second)
                if first is NOTHING:
                    return _Path(selector(text)) if path else _Operation(operator, first, second)
        operators = operators[1:]
    return None


def _argument(text: str, operators: Sequence[str], selector: Selector) -> Any:
    """Return one side of an operator: an operation, a list, a map, or text (parseArgument)."""
    if (operation := _operation(text, operators, selector)) is not None:
        return operation
    text = text.strip()
    if (text.startswith("[") and text.endswith("]")) or (text.startswith("{") and text.endswith("}")):
        try:
            return gojson.loads_any(text)
        except ValueError:
            return text
    return text or NOTHING


def _position(text: str, operator: str) -> int:
    """Return where an operator stands outside of quotes and brackets; -1 where it does not (findUnquotedOperators)."""
    single = double = False
    square = around = 0
    for at, char in enumerate(text):
        if char in "()" and not (single or double or square > 0):
            around += 1 if char == "(" else -1
        elif char in "[]" and not (single or double or around > 0):
            square += 1 if char == "[" else -1
        elif char == "'" and not (double or square > 0 or around > 0):
            single = not single
        elif char == '"' and not (single or square > 0 or around > 0):
            double = not double
        start = at + 1 - len(operator)
        if not (single or double or square > 0 or around > 0) and start >= 0 and text[start : at + 1] == operator:
            return start
    return -1


def _equal(left: Any, right: Any, values: Values) -> bool:
    try:
        return operands.number(left, values) == operands.number(right, values)
    except ExpressionError:
        return operands.quoted_text(left, values) == operands.quoted_text(right, values)


def _within(left: Any, right: Any, values: Values) -> bool:
    item: Any = NOTHING  # which is in nothing
    for read in (operands.quoted_text, operands.number):
        with contextlib.suppress(ExpressionError):
            item = read(left, values)
    value = operands.worth(right, values)
    if isinstance(value, str) and (value[:1] + value[-1:]) in ("{}", "[]"):
        try:
            value = gojson.loads_any(value)
        except ValueError as error:
            raise ExpressionError("invalid argument") from error
    items = members(value)
    if items is None:
        raise ExpressionError("invalid argument. expected array, map, or slice")
    return any(type(each) is type(item) and each == item for each in items)


def _numbers(work: Callable[[float, float], Any]) -> Callable[[Any, Any, Values], Any]:
    return lambda left, right, values: work(operands.number(left, values), operands.number(right, values))


def _divided(first: float, second: float) -> float:
    if second:
        return first / second
    return math.nan if first == 0 or math.isnan(first) else math.copysign(math.inf, first) * math.copysign(1, second)


def _remainder(left: Any, right: Any, values: Values) -> int:
    first, second = operands.integer(left, values), operands.integer(right, values)
    if not second:
        raise ExpressionError("runtime error: integer divide by zero")
    return abs(first) % abs(second) * (-1 if first < 0 else 1)


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except (ValueError, OverflowError):
        return math.nan if base < 0 and exponent != math.trunc(exponent) else math.inf


def _logic(work: Callable[[bool, bool], bool]) -> Callable[[Any, Any, Values], bool]:
    return lambda left, right, values: work(operands.boolean(left, values), operands.boolean(right, values))


_WORK: dict[str, Callable[[Any, Any, Values], Any]] = {
    "||": _logic(lambda a, b: a or b),
    "&&": _logic(lambda a, b: a and b),
    "!": lambda _, right, values: not operands.boolean(right, values),
    "==": _equal,
    "!=": lambda left, right, values: not _equal(left, right, values),
    "<=": _numbers(lambda a, b: a <= b),
    ">=": _numbers(lambda a, b: a >= b),
    "<": _numbers(lambda a, b: a < b),
    ">": _numbers(lambda a, b: a > b),
    "=~": lambda left, right, values: regexp.matches(operands.bare(right, values), operands.bare(left, values)),
    "+": _numbers(lambda a, b: a + b),
    "-": _numbers(lambda a, b: a - b),
    "**": _numbers(_power),
    "*": _numbers(lambda a, b: a * b),
    "/": _numbers(_divided),
    "%": _remainder,
    "in": _within,
    "not in": lambda left, right, values: not _within(left, right, values),
}
