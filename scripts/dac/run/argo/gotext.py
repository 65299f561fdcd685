"""Numbers, quotes and values as Go writes them in text: strconv and fmt of Go 1.25."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def text(value: Any) -> str:
    """Format as `fmt.Sprintf("%v")`: what a value becomes where Argo wants text."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{text(key)}:{text(value[key])}" for key in sorted(value, key=text)) + "]"
    if isinstance(value, Sequence):
        return "[" + " ".join(text(item) for item in value) + "]"
    return str(value)


def quote(text: str) -> str:
    """Quote as `strconv.Quote`, without its outer quotes.

    What Go does not print becomes \\x.. or \\U........, which no JSON reader takes: the controller then fails the node.
    """
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return "".join(_quoted(char) for char in text)


def _quoted(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def format_float(value: float) -> str:
    """Format a float64 as `%v`: the shortest text that gives it back, with an exponent under -4 and from 6 on."""
    if math.isinf(value) or math.isnan(value):
        return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    mantissa, exponent = _shortest(value)
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    if exponent < -4 or exponent >= 6:
        point = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
        return f"{sign}{point}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return sign + _positional(digits, exponent)


def format_decimal(value: float) -> str:
    """Format as `strconv.FormatFloat(value, 'f', -1, 64)`: the shortest digits, never an exponent."""
    if value == 0:
        return "0"
    mantissa, exponent = _shortest(value)
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    return sign + _positional(digits, exponent)


def _shortest(value: float) -> tuple[str, int]:
    """Return the shortest digits (signed) and the decimal exponent of the first."""
    text = f"{value!r}"
    sign = "-" if text.startswith("-") else ""
    base, _, power = text.lstrip("-").partition("e")
    whole, _, fraction = base.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    exponent = len(whole) - 1 - leading + int(power or 0)
    return sign + (digits.rstrip("0") or "0"), exponent


def _positional(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    if len(digits) <= exponent + 1:
        return digits + "0" * (exponent + 1 - len(digits))
    return digits[: exponent + 1] + "." + digits[exponent + 1 :]
