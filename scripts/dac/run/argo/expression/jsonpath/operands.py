"""What an argument of an operator is worth: a number, a truth, or text with its quotes.

Source: script/standard/operators.go of github.com/evilmonkeyinc/jsonpath 0.8.1.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from typing import Any

from dac.run.argo import gotext
from dac.run.argo.expression.lexer import ExpressionError

_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(inf(inity)?)|nan", re.I | re.A)
_HEX = re.compile(r"[+-]?0x([0-9a-f_]+\.?[0-9a-f_]*|\.[0-9a-f_]+)p[+-]?[0-9]+", re.I)
_BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}
Values = dict[str, Any]  # what `$`, `@`, `nil` and `null` are
NOTHING = object()  # no argument on a side


class Operand(ABC):
    """An argument that is to be evaluated first."""

    @abstractmethod
    def evaluate(self, values: Values) -> Any:
        """Return its value."""


def quoted(text: str, quote: str) -> bool:
    """Whether a text stands in these quotes."""
    return len(text) > 1 and text.startswith(quote) and text.endswith(quote)


def worth(argument: Any, values: Values) -> Any:
    """Return what an argument is worth: an operation's result, or what `$`, `@` and null stand for."""
    if argument is NOTHING:
        raise ExpressionError("invalid argument. is nil")
    if isinstance(argument, Operand):
        argument = argument.evaluate(values)
    return values[argument] if isinstance(argument, str) and argument in values else argument


def number(argument: Any, values: Values) -> float:
    """Return a number, which a text may be (getNumber)."""
    text = gotext.text(worth(argument, values))
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number) and "inf" not in text.lower():
            raise ExpressionError("invalid argument. expected number")
        return number
    if _HEX.fullmatch(text):
        return float.fromhex(text.replace("_", ""))
    raise ExpressionError("invalid argument. expected number")


def integer(argument: Any, values: Values) -> int:
    """Return a whole number (getInteger)."""
    text = gotext.text(worth(argument, values))
    if not re.fullmatch(r"[+-]?[0-9]+", text) or not -(2**63) <= int(text) < 2**63:
        raise ExpressionError("invalid argument. expected integer")
    return int(text)


def boolean(argument: Any, values: Values) -> bool:
    """Return a truth; nothing and null are false (getBoolean)."""
    value = None if argument is NOTHING else worth(argument, values)
    text = "false" if value is None else gotext.text(value)
    if text not in _BOOLEANS:
        raise ExpressionError("invalid argument. expected boolean")
    return _BOOLEANS[text]


def quoted_text(argument: Any, values: Values) -> str:
    """Return text in single quotes where it had quotes or is a value's own; any other as it stands (getString)."""
    given = argument.evaluate(values) if isinstance(argument, Operand) else argument
    value = worth(given, values)
    own = isinstance(given, str) and given in values
    if not isinstance(value, str):
        return gotext.text(value)
    if quoted(value, "'"):
        return value
    if quoted(value, '"'):
        return f"'{value[1:-1]}'"
    return f"'{value}'" if own else value


def bare(argument: Any, values: Values) -> str:
    """Return text without its quotes."""
    text = quoted_text(argument, values)
    return text[1:-1] if quoted(text, "'") else text
