"""The functions of expr-lang and those that Argo adds: asInt, asFloat, jsonpath, toJson, sprig.

Source: util/expr/env/env.go.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from dac.run.argo import gojson, gotext
from dac.run.argo.expression.bits import BITS
from dac.run.argo.expression.checker import type_name
from dac.run.argo.expression.jsonpath import query
from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.expression.sprig import SPRIG
from dac.run.argo.expression.times import FUNCTIONS as TIMES
from dac.run.argo.expression.times import Duration
from dac.run.argo.expression.values import int64, is_number, unique


def to_int(value: Any) -> int:
    """`int`: of a number, or of decimal text."""
    if isinstance(value, str):
        if not re.fullmatch(r"[+-]?[0-9]+", value):
            raise ExpressionError(f"invalid operation: int({value})")
        number = int(value)
        if int64(number) != number:
            raise ExpressionError(f"invalid operation: int({value})")
        return number
    if isinstance(value, Duration):
        return value.nanoseconds
    if not is_number(value):
        raise ExpressionError(f"invalid operation: int({type_name(value)})")
    if isinstance(value, float) and not -(2.0**63) <= value < 2.0**63:
        return -(2**63)  # what a conversion out of range gives on amd64
    return int(value)


def to_float(value: Any) -> float:
    """`float`: of a number, or of its text."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError as error:
            raise ExpressionError(f"invalid operation: float({value})") from error
    if not is_number(value):
        raise ExpressionError(f"invalid operation: float({type_name(value)})")
    return float(value)


def length(value: Any) -> int:
    """`len`: of text in characters, of a list, of a map."""
    if isinstance(value, (str, list, tuple, Mapping)):
        return len(value)
    raise ExpressionError(f"invalid argument for len (type {type_name(value)})")


def _kind(value: Any) -> str:
    name = type_name(value)
    return "float" if name == "float64" else name


def _strings(work: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function that takes a string first, as Go's own do, or fails."""

    def run(first: Any, *rest: Any) -> Any:
        if not isinstance(first, str):
            raise ExpressionError(f"interface conversion: interface {{}} is {type_name(first)}, not string")
        return work(first, *rest)

    return run


def _join(items: Any, glue: str = "") -> str:
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise ExpressionError(f"invalid argument for join (type {type_name(items)})")
    return glue.join(items)


def split(text: str, separator: str, count: int = -1) -> list[str]:
    """`strings.SplitN`: an empty separator cuts between characters."""
    if count == 0:
        return []
    if separator:
        return text.split(separator, count - 1 if count > 0 else -1)
    parts = list(text)
    return parts if count < 0 or len(parts) <= count else [*parts[: count - 1], "".join(parts[count - 1 :])]


def _split_after(text: str, separator: str, count: int = -1) -> list[str]:
    parts = split(text, separator, count)
    return [part + separator for part in parts[:-1]] + parts[-1:]


def _numbers(name: str, values: tuple[Any, ...]) -> list[Any]:
    numbers: list[Any] = []
    for value in values:
        if isinstance(value, (list, tuple)):
            numbers += _numbers(name, tuple(value))
        elif is_number(value):
            numbers.append(value)
        else:
            raise ExpressionError(f"invalid argument for {name} (type {type_name(value)})")
    return numbers


def _extreme(name: str, choose: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    if not values:
        raise ExpressionError(f"not enough arguments to call {name}")
    if len(values) == 1 and not isinstance(values[0], (list, tuple)):
        return values[0]
    return choose(_numbers(name, values), default=None)


def _number(name: str, value: Any) -> Any:
    if not is_number(value):
        raise ExpressionError(f"invalid argument for {name} (type {type_name(value)})")
    return value


def _end(value: Any, index: int) -> Any:
    """`first` and `last`: nil where there is none, a byte of text."""
    if isinstance(value, str):
        return value.encode()[index] if value else None
    return value[index] if isinstance(value, (list, tuple)) and value else None


def _median(*values: Any) -> float:
    numbers = sorted(float(value) for value in _numbers("median", values))
    if not numbers:
        return 0.0
    middle = len(numbers) // 2
    return numbers[middle] if len(numbers) % 2 else (numbers[middle - 1] + numbers[middle]) / 2


def _mean(*values: Any) -> float:
    numbers = _numbers("mean", values)
    return sum(map(float, numbers)) / len(numbers) if numbers else 0.0


def _round(value: Any) -> float:
    return math.copysign(math.floor(abs(value) + 0.5), value)


def _items(name: str, value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise ExpressionError(f"cannot {name} {type_name(value)}")
    return list(value)


def _map(name: str, value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise ExpressionError(f"cannot get {name} from {type_name(value)}")
    return value


def _flatten(value: Any) -> list[Any]:
    return [
        leaf for item in _items("flatten", value) for leaf in (_flatten(item) if isinstance(item, list) else [item])
    ]


def _get(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, (list, tuple)):
        index = int(key) + (len(value) if key < 0 else 0)
        return value[index] if 0 <= index < len(value) else None
    return None


def _sort(value: Any, order: str = "asc") -> list[Any]:
    return sorted(_items("sort", value), reverse=order == "desc")


def _take(items: Any, count: int) -> list[Any]:
    if count < 0:
        raise ExpressionError("reflect.Value.Slice: slice index out of bounds")
    return _items("take from", items)[:count]


def _repeat(text: str, count: int) -> str:
    if count < 0:
        raise ExpressionError(f"invalid argument for repeat (expected positive integer, got {count})")
    return text * count


FUNCTIONS: dict[str, Any] = {
    "len": length,
    "type": _kind,
    "abs": lambda value: abs(_number("abs", value)),
    "ceil": lambda value: float(math.ceil(_number("ceil", value))),
    "floor": lambda value: float(math.floor(_number("floor", value))),
    "round": lambda value: float(_round(_number("round", value))),
    "int": to_int,
    "float": to_float,
    "string": gotext.text,
    "trim": _strings(lambda text, cut=None: text.strip(cut) if cut is not None else text.strip()),
    "trimPrefix": _strings(lambda text, prefix=" ": text.removeprefix(prefix)),
    "trimSuffix": _strings(lambda text, suffix=" ": text.removesuffix(suffix)),
    "upper": _strings(str.upper),
    "lower": _strings(str.lower),
    "split": _strings(split),
    "splitAfter": _strings(_split_after),
    "replace": _strings(lambda text, old, new, count=-1: text.replace(old, new, count)),
    "repeat": _strings(_repeat),
    "join": _join,
    "indexOf": _strings(lambda text, part: len(text[: text.find(part)].encode()) if part in text else -1),
    "lastIndexOf": _strings(lambda text, part: len(text[: text.rfind(part)].encode()) if part in text else -1),
    "hasPrefix": _strings(lambda text, prefix: text.startswith(prefix)),
    "hasSuffix": _strings(lambda text, suffix: text.endswith(suffix)),
    "max": lambda *values: _extreme("max", max, values),
    "min": lambda *values: _extreme("min", min, values),
    "mean": _mean,
    "median": _median,
    "toJSON": gojson.indented,
    "fromJSON": _strings(gojson.loads_any),
    "toBase64": _strings(lambda text: base64.b64encode(text.encode()).decode()),
    "fromBase64": _strings(lambda text: base64.b64decode(text, validate=True).decode()),
    "first": lambda items: _end(items, 0),
    "last": lambda items: _end(items, -1),
    "get": _get,
    "take": _take,
    "keys": lambda mapping: list(_map("keys", mapping)),
    "values": lambda mapping: list(_map("values", mapping).values()),
    "toPairs": lambda mapping: [[key, value] for key, value in _map("pairs", mapping).items()],
    "fromPairs": lambda pairs: {pair[0]: pair[1] for pair in pairs},
    "reverse": lambda items: _items("reverse", items)[::-1],
    "uniq": lambda items: unique(_items("uniq", items)),
    "concat": lambda *lists: [item for items in lists for item in _items("concat", items)],
    "flatten": _flatten,
    "sort": _sort,
    **BITS,
    "asInt": to_int,
    "asFloat": to_float,
    **TIMES,
    "jsonpath": query,
    "toJson": gojson.dumps_sorted,
    "sprig": SPRIG,
}
