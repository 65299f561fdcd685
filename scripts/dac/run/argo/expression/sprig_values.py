"""What sprig's functions of lists, maps, types and floats give where that takes more than a line."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.expression.sprig_signatures import Int64

_KINDS = {str: "string", bool: "bool", int: "int", float: "float64", Int64: "int64", list: "slice", dict: "map"}
_TYPES = {**_KINDS, list: "[]interface {}", dict: "map[string]interface {}"}


def kind_of(value: Any) -> str:
    """`reflect.Kind` of a value."""
    return "invalid" if value is None else _named(_KINDS, value)


def type_of(value: Any) -> str:
    """`%T` of a value."""
    return "<nil>" if value is None else _named(_TYPES, value)


def _named(names: Mapping[type, str], value: Any) -> str:
    try:
        return names[type(value)]
    except KeyError:
        raise ExpressionError(f"the type of {value!r} has no name here") from None


def part(items: Any, *bounds: int) -> Any:
    """`slice`: items from one index to before another; none of an empty list."""
    if not isinstance(items, (list, tuple)):
        raise ExpressionError("list should be type of slice or array")
    if not items:
        return None
    start = bounds[0] if bounds else 0
    end = bounds[1] if len(bounds) > 1 else len(items)
    if not 0 <= start <= end <= len(items):
        raise ExpressionError("reflect.Value.Slice: slice index out of bounds")
    return list(items[start:end])


def overwritten(target: dict[str, Any], *sources: Mapping[str, Any]) -> dict[str, Any]:
    """`mergeOverwrite`: what a later map says takes the place of what is there, unless it is empty."""
    for source in sources:
        for key, value in source.items():
            if isinstance(target.get(key), dict) and isinstance(value, Mapping):
                overwritten(target[key], value)
            elif value or key not in target:
                target[key] = value
    return target


def set_key(mapping: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """`set`."""
    mapping[key] = value
    return mapping


def unset_key(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    """`unset`."""
    mapping.pop(key, None)
    return mapping


def dig(*way: Any) -> Any:
    """`dig`: what keys lead to in a map of maps, which comes last, after what to give where a key is not there."""
    if len(way) < 3:
        raise ExpressionError("dig needs at least three arguments")
    *keys, otherwise, value = way
    for key in keys:
        if not isinstance(value, dict):
            raise ExpressionError("interface conversion: interface {} is not map[string]interface {}")
        if key not in value:
            return otherwise
        value = value[key]
    return value


def deep_equal(left: Any, right: Any) -> bool:
    """`deepEqual`: an int and a float of the same worth are not equal."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(deep_equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(deep_equal, left, right))
    return type(left) is type(right) and bool(left == right)


def deep_copy(value: Any) -> Any:
    """`deepCopy`."""
    return copy.deepcopy(value)


def pluck(key: str, *maps: Mapping[str, Any]) -> list[Any]:
    """`pluck`: the values of a key in several maps."""
    return [mapping[key] for mapping in maps if key in mapping]
