"""The functions of expr-lang that take a predicate: filter, map, all, any, ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.expression.values import Groups, is_number

Apply = Callable[[Any, int, Mapping[str, Any]], Any]
Function = Callable[[list[Any], Apply, list[Any]], Any]


def _kept(items: list[Any], apply: Apply) -> list[int]:
    kept = []
    for index, item in enumerate(items):
        result = apply(item, index, {})
        if not isinstance(result, bool):
            raise ExpressionError("predicate should return boolean")
        if result:
            kept.append(index)
    return kept


def _groups(items: list[Any], apply: Apply, _rest: list[Any]) -> Groups:
    groups = Groups()
    for index, item in enumerate(items):
        groups.setdefault(apply(item, index, {}), []).append(item)
    return groups


def _sorted(items: list[Any], apply: Apply, rest: list[Any]) -> list[Any]:
    keys = [apply(item, index, {}) for index, item in enumerate(items)]
    if not all(is_number(key) for key in keys) and not all(isinstance(key, str) for key in keys):
        raise ExpressionError("invalid operation: keys that cannot be ordered")
    order = sorted(range(len(items)), key=lambda index: keys[index], reverse=bool(rest) and rest[0] == "desc")
    return [items[index] for index in order]


def _reduced(items: list[Any], apply: Apply, rest: list[Any]) -> Any:
    if not items and not rest:
        raise ExpressionError("reduce of empty array with no initial value")
    value = rest[0] if rest else items[0]
    for index, item in enumerate(items):
        if index or rest:
            value = apply(item, index, {"#acc": value})
    return value


def _summed(items: list[Any], apply: Apply, _rest: list[Any]) -> Any:
    values = [apply(item, index, {}) for index, item in enumerate(items)]
    if not all(is_number(value) for value in values):
        raise ExpressionError("invalid operation: + of a value that is not a number")
    return sum(values)


def _first(items: list[Any], indices: list[int]) -> Any:
    return items[indices[0]] if indices else None


PREDICATE_FUNCTIONS: dict[str, Function] = {
    "all": lambda items, apply, _: len(_kept(items, apply)) == len(items),
    "none": lambda items, apply, _: not _kept(items, apply),
    "any": lambda items, apply, _: bool(_kept(items, apply)),
    "one": lambda items, apply, _: len(_kept(items, apply)) == 1,
    "count": lambda items, apply, _: len(_kept(items, apply)),
    "filter": lambda items, apply, _: [items[index] for index in _kept(items, apply)],
    "map": lambda items, apply, _: [apply(item, index, {}) for index, item in enumerate(items)],
    "sum": _summed,
    "find": lambda items, apply, _: _first(items, _kept(items, apply)),
    "findIndex": lambda items, apply, _: next(iter(_kept(items, apply)), None),
    "findLast": lambda items, apply, _: _first(items, _kept(items, apply)[::-1]),
    "findLastIndex": lambda items, apply, _: next(iter(_kept(items, apply)[::-1]), None),
    "groupBy": _groups,
    "sortBy": _sorted,
    "reduce": _reduced,
}
