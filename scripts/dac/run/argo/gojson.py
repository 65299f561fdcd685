"""JSON as Go writes it.

The controller substitutes in its own JSON, so a value's escapes are part of what it means.

Sources: encoding/json of Go 1.25; util/json/fix.go of Argo Workflows 4.0.5.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from json.decoder import scanstring  # type: ignore[attr-defined] # is not in the stubs
from typing import Any

import orjson

from dac.run.argo.gotext import format_decimal, format_float

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\{\}|\[\]|[{}\[\],:]|[^"{}\[\],:]+')


def dumps(value: Any) -> str:
    """Write as `json.Marshal`: compact, and with <, >, & and the two line separators of Unicode escaped."""
    return escaped(orjson.dumps(_marshalled(value), option=orjson.OPT_NON_STR_KEYS).decode())


def dumps_sorted(value: Any) -> str:
    """Write as `json.Marshal` writes a Go map: keys sorted at every depth."""
    return escaped(orjson.dumps(_marshalled(value), option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS).decode())


def indented(value: Any) -> str:
    """Write as `json.MarshalIndent` with two spaces, keys sorted at every depth."""
    parts, depth = list[str](), 0
    for token in _TOKEN.findall(dumps_sorted(value)):
        depth += (token in ("{", "[")) - (token in ("}", "]"))
        line = "\n" + "  " * depth
        around = {
            "{": ("{", line),
            "[": ("[", line),
            "}": (line, "}"),
            "]": (line, "]"),
            ",": (",", line),
            ":": (": ",),
        }
        parts += around.get(token, (token,))
    return "".join(parts)


def loads(text: str) -> Any:
    """Read as `json.Unmarshal` into an interface.

    Raises:
        ValueError: The text is not JSON.
    """
    return orjson.loads(text.encode("utf-8", "surrogatepass"))


class NilSlice(list[Any]):
    """A slice that was never made: empty, and null in JSON."""


def loads_any(text: str) -> Any:
    """`json.Unmarshal` into an interface: every number is a float64.

    Raises:
        ValueError: The text is not JSON, or a number is larger than a float64.
    """
    return json.loads(text, parse_int=_float64, parse_float=_float64, parse_constant=_no_constant)


def _float64(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"json: cannot unmarshal number {digits} into Go value of type float64")
    return number


class RawFloat(float):
    """A number that keeps the digits it was written with, as `json.RawMessage` does."""

    raw: str

    def __new__(cls, raw: str) -> RawFloat:
        """Make the number of its digits."""
        number = super().__new__(cls, raw)
        number.raw = raw
        return number


def _raw_int(digits: str) -> int | RawFloat:
    return RawFloat(digits) if digits == "-0" else int(digits)


class RawText(str):
    """Text that keeps the escapes it was written with, as `json.RawMessage` does."""

    raw: str


def _raw_text(source: str, begin: int, strict: bool = True) -> tuple[RawText, int]:
    value, end = scanstring(source, begin, strict)
    text = RawText(value)
    text.raw = source[begin : end - 1]
    return text, end


class _RawDecoder(json.JSONDecoder):
    def __init__(self) -> None:
        super().__init__(parse_float=RawFloat, parse_int=_raw_int, parse_constant=_no_constant)
        self.parse_string = _raw_text
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined] # the C one asks nobody


def loads_raw(text: str) -> Any:
    """Read as `loads`, with numbers and text that are written again as they were.

    Raises:
        ValueError: The text is not JSON.
    """
    try:
        return _RawDecoder().decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(_complaint(text, error)) from error


_WHERE = {
    "Expecting value": "looking for beginning of value",
    "Extra data": "after top-level value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
}


def _complaint(text: str, error: json.JSONDecodeError) -> str:
    """Return the message of encoding/json for the same error."""
    if error.pos >= len(text):
        return "unexpected end of JSON input"
    where = _WHERE.get(error.msg, "after array element" if "," in error.msg else error.msg)
    return f"invalid character '{text[error.pos]}' {where}"


def _no_constant(name: str) -> Any:
    raise ValueError(f"invalid character {name[:1]!r} looking for beginning of value")


def fix(text: str) -> str:
    """Undo the escapes of <, > and & that `json.Marshal` adds."""
    return text.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")


def escaped(text: str) -> str:
    """Return JSON with what `json.Marshal` escapes beyond the standard: <, >, & and two line separators."""
    for char, escape in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        if char in text:
            text = text.replace(char, escape)
    return text


def _marshalled(value: Any) -> Any:
    """Return a value for orjson; whole floats lose their point, as in Go's JSON."""
    if type(value) is str:  # most are
        return value
    if isinstance(value, RawFloat):
        return orjson.Fragment(value.raw)
    if isinstance(value, RawText):
        return orjson.Fragment(f'"{value.raw}"')
    if isinstance(value, int) and abs(value) >= 2**63:
        return orjson.Fragment(str(value))
    if isinstance(value, float):
        return orjson.Fragment(_number(value))
    if type(value).__name__ == "Groups":
        raise TypeError("json: unsupported type: map[interface {}][]interface {}")
    if isinstance(value, Mapping):
        return {str(key): _marshalled(item) for key, item in value.items()}
    if isinstance(value, NilSlice):
        return None
    if isinstance(value, (list, tuple)):
        return [_marshalled(item) for item in value]
    return getattr(value, "json", value)  # a time or a duration says what it is in JSON


def _number(value: float) -> str:
    """Write a float64 in JSON: an exponent under 1e-6 and from 1e21 on, and there without a leading 0."""
    if math.isinf(value) or math.isnan(value):
        raise TypeError(f"json: unsupported value: {format_float(value)}")
    if value != 0 and not 1e-6 <= abs(value) < 1e21:
        return format_float(value).replace("e-0", "e-")
    return ("-" if math.copysign(1, value) < 0 else "") + format_decimal(abs(value))
