"""`when`: govaluate with bare words as strings, as the controller's shouldExecute does.

Source: workflow/controller/steps.go.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from dac.run.argo.expression import regexp
from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.gojson import text

Token = tuple[str, Any]  # kind, value
_SYMBOLS = {
    **dict.fromkeys(("==", "!=", ">", ">=", "<", "<=", "=~", "!~"), "comparator"),
    **dict.fromkeys(("&&", "||"), "logical"),
    **dict.fromkeys(("+", "-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>"), "modifier"),
    **dict.fromkeys(("?", ":", "??"), "ternary"),
}
_LEVELS = ((",",), ("?", ":", "??"), ("||",), ("&&",), ("==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in"),
           ("&", "|", "^"), ("<<", ">>"), ("+", "-"), ("*", "/", "%"), ("**",))  # fmt: skip
_OPERAND_MAY_FOLLOW = {"", "comparator", "logical", "modifier", "ternary", "separator", "open", "prefix"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d(:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?)?")


def should_execute(when: str) -> bool:
    """Whether a `when`, its tags already replaced, lets the step run; an empty one does.

    Raises:
        ExpressionError: it does not parse, does not evaluate, or gives no boolean.
    """
    if not when:
        return True
    result = value(when)
    if not isinstance(result, bool):
        raise ExpressionError(f"Expected boolean evaluation for '{when}'. Got {text(result)}")
    return result


def value(when: str) -> Any:
    """What a `when` evaluates to, of whatever type.

    Raises:
        ExpressionError: it does not parse or does not evaluate.
    """
    try:
        tokens = _tokens(when)
        tree = _Parser(tokens).whole() if tokens else None
    except ExpressionError as fault:
        hint = ' (hint: try wrapping the affected expression in quotes ("))' if "Invalid token" in str(fault) else ""
        raise ExpressionError(f"Invalid 'when' expression '{when}': {fault}{hint}") from fault
    try:
        return tree() if tree else None
    except ExpressionError as fault:
        raise ExpressionError(f"Failed to evaluate 'when' expresion '{when}': {fault}") from fault


def _tokens(source: str) -> list[Token]:
    found: list[Token] = []
    at, last = 0, ""
    while at < len(source):
        char = source[at]
        if char.isspace():
            at += 1
            continue
        token, at = _token(source, at, last)
        operand = token[0] in ("value", "open", "prefix")
        if operand and last not in _OPERAND_MAY_FOLLOW:
            raise ExpressionError(
                f"Cannot transition token types from {last.upper()} to {token[0].upper()} [{text(token[1])}]"
            )
        if not operand and last in _OPERAND_MAY_FOLLOW and not (token[0] == "close" and last == "open"):
            raise ExpressionError(
                f"Cannot transition token types from {last.upper()} to {token[0].upper()} [{text(token[1])}]"
            )
        found.append(token)
        last = token[0]
    if found and last in _OPERAND_MAY_FOLLOW:
        raise ExpressionError("Unexpected end of expression")
    if sum((kind == "open") - (kind == "close") for kind, _ in found):
        raise ExpressionError("Unbalanced parenthesis")
    return found


def _token(source: str, at: int, last: str) -> tuple[Token, int]:
    char = source[at]
    if char.isdigit() or char == ".":
        return _numeric(source, at)
    if char == ",":
        return ("separator", ","), at + 1
    if char == "[":
        word, end = _until(source, at + 1, lambda c: c != "]", "Unclosed parameter bracket")
        return ("value", word), end + 1
    if char.isalpha():
        return _word(source, at)
    if char in "'\"":
        word, end = _until(source, at + 1, lambda c: c not in "'\"", "Unclosed string literal")
        return ("value", _moment(word)), end + 1
    if char in "()":
        return ("open" if char == "(" else "close", char), at + 1
    end = at
    while end < len(source) and not (source[end].isalnum() or source[end].isspace() or source[end] in "()[]'\""):
        end += 1
    symbol = source[at:end]
    if last in _OPERAND_MAY_FOLLOW and symbol in ("-", "!", "~"):
        return ("prefix", symbol), end
    if symbol not in _SYMBOLS:
        raise ExpressionError(f"Invalid token: '{symbol}'")
    return (_SYMBOLS[symbol], symbol), end


def _numeric(source: str, at: int) -> tuple[Token, int]:
    if match := re.compile(r"0x([0-9a-fA-F]+)").match(source, at):
        return ("value", float(int(match[1], 16))), match.end()
    end = at
    while end < len(source) and (source[end].isdigit() or source[end] == "."):
        end += 1
    try:
        return ("value", float(source[at:end])), end
    except ValueError as fault:
        raise ExpressionError(f"Unable to parse numeric value '{source[at:end]}' to float64\n") from fault


def _word(source: str, at: int) -> tuple[Token, int]:
    end = at
    while end < len(source) and (source[end].isalnum() or source[end] in "_."):
        end += 1
    word = source[at:end]
    if word in ("true", "false"):
        return ("value", word == "true"), end
    if word in ("in", "IN"):
        return ("comparator", "in"), end
    if word.endswith("."):
        raise ExpressionError(f"Hanging accessor on token '{word}'")
    if "." in word:
        first, *rest = word.split(".")
        for part in rest:
            if part[:1].upper() != part[:1]:
                raise ExpressionError(f"Unable to access unexported field '{part}' in token '{word}'")
        return ("value", _Missing(first)), end
    return ("value", word), end


class _Missing:
    """A dotted bare word: govaluate takes it for a parameter's field, and Argo gives no parameters."""

    def __init__(self, name: str) -> None:
        self.name = name


def _until(source: str, at: int, inside: Callable[[str], bool], unclosed: str) -> tuple[str, int]:
    word = ""
    while at < len(source) and inside(source[at]):
        at += source[at] == "\\"
        word += source[at : at + 1]
        at += 1
    if at >= len(source):
        raise ExpressionError(unclosed)
    return word, at


def _moment(word: str) -> Any:
    """A quoted date is a number of seconds to govaluate."""
    if not _DATE.fullmatch(word):
        return word
    try:
        return float(int(datetime.fromisoformat(word).timestamp()))
    except ValueError:
        return word


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
    if isinstance(value, _Missing):
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
