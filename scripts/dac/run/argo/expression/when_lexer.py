"""Tokens of govaluate (EvaluableExpression's parsing.go), as pairs of a kind and a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.gotext import text

Token = tuple[str, Any]  # kind, value
_SYMBOLS = {
    **dict.fromkeys(("==", "!=", ">", ">=", "<", "<=", "=~", "!~"), "comparator"),
    **dict.fromkeys(("&&", "||"), "logical"),
    **dict.fromkeys(("+", "-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>"), "modifier"),
    **dict.fromkeys(("?", ":", "??"), "ternary"),
}
_OPERAND_MAY_FOLLOW = {"", "comparator", "logical", "modifier", "ternary", "separator", "open", "prefix"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d(:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?)?")


def tokens(source: str) -> list[Token]:
    """Cut a `when` into tokens, and check that each may follow the one before.

    Raises:
        ExpressionError: A token is invalid, or stands where it may not.
    """
    result: list[Token] = []
    at, last = 0, ""
    while at < len(source):
        char = source[at]
        if char.isspace():
            at += 1
            continue
        token, at = _token(source, at, last)
        begins_operand = token[0] in ("value", "open", "prefix")
        empty_parentheses = token[0] == "close" and last == "open"
        if begins_operand != (last in _OPERAND_MAY_FOLLOW) and not empty_parentheses:
            raise ExpressionError(
                f"Cannot transition token types from {last.upper()} to {token[0].upper()} [{text(token[1])}]"
            )
        result.append(token)
        last = token[0]
    if result and last in _OPERAND_MAY_FOLLOW:
        raise ExpressionError("Unexpected end of expression")
    if sum((kind == "open") - (kind == "close") for kind, _ in result):
        raise ExpressionError("Unbalanced parenthesis")
    return result


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
    except ValueError as error:
        raise ExpressionError(f"Unable to parse numeric value '{source[at:end]}' to float64\n") from error


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
        return ("value", Missing(first)), end
    return ("value", word), end


class Missing:
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
    """Return a quoted date as govaluate reads it, as a number of seconds; other text as it is."""
    if not _DATE.fullmatch(word):
        return word
    try:
        return float(int(datetime.fromisoformat(word).timestamp()))
    except ValueError:
        return word
