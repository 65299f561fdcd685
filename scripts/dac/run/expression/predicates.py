"""The functions of expr-lang that take a predicate: filter, map, all, any, ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dac.run.expression.lexer import ExpressionError

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


def _groups(items: list[Any], apply: Apply, _rest: list[Any]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for index, item in enumerate(items):
        groups.setdefault(apply(item, index, {}), []).append(item)
    return groups


def _sorted(items: list[Any], apply: Apply, rest: list[Any]) -> list[Any]:
    keys = [apply(item, index, {}) for index, item in enumerate(items)]
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


def _first(items: list[Any], found: list[int]) -> Any:
    return items[found[0]] if found else None


PREDICATE_FUNCTIONS: dict[str, Function] = {
    "all": lambda items, apply, _: len(_kept(items, apply)) == len(items),
    "none": lambda items, apply, _: not _kept(items, apply),
    "any": lambda items, apply, _: bool(_kept(items, apply)),
    "one": lambda items, apply, _: len(_kept(items, apply)) == 1,
    "count": lambda items, apply, _: len(_kept(items, apply)),
    "filter": lambda items, apply, _: [items[index] for index in _kept(items, apply)],
    "map": lambda items, apply, _: [apply(item, index, {}) for index, item in enumerate(items)],
    "sum": lambda items, apply, _: sum(apply(item, index, {}) for index, item in enumerate(items)),
    "find": lambda items, apply, _: _first(items, _kept(items, apply)),
    "findIndex": lambda items, apply, _: (_kept(items, apply) or [-1])[0],
    "findLast": lambda items, apply, _: _first(items, _kept(items, apply)[::-1]),
    "findLastIndex": lambda items, apply, _: (_kept(items, apply) or [-1])[-1],
    "groupBy": _groups,
    "sortBy": _sorted,
    "reduce": _reduced,
}
