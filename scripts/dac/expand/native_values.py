"""What the part of CEL that is evaluated here means; where CEL could mean something else, Unsure is raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Functions = Mapping[str, Callable[..., Any]]
Value = Callable[[Functions, Mapping[str, Any]], Any]


class Unsure(Exception):
    """What CEL has to evaluate."""


def joined(left: Value, right: Value, *, over: bool) -> Value:
    """Return either value where `over`, else both: the right one is asked where the left one does not settle it."""
    return lambda f, v: over if truth(left(f, v)) is over else truth(right(f, v))


def item_of(value: Value, key: Value) -> Value:
    """Return a value's item by its place in a list or by its key."""

    def item(functions: Functions, variables: Mapping[str, Any]) -> Any:
        held, at = value(functions, variables), key(functions, variables)
        if type(at) is int and at >= 0:
            return items_of(held)[at]
        return mapping(held)[text(at)]

    return item


def member(value: Value, name: str) -> Value:
    """Return a mapping's value of a name."""
    return lambda f, v: mapping(value(f, v))[name]


def added(left: Value, right: Value) -> Value:
    """Return a text after another, or a list after another."""

    def added(functions: Functions, variables: Mapping[str, Any]) -> Any:
        first, second = left(functions, variables), right(functions, variables)
        if isinstance(first, str):
            return first + text(second)
        return [*items_of(first), *items_of(second)]

    return added


def equal(left: Any, right: Any) -> bool:
    """Whether two texts, truths or whole numbers are the same."""
    for kind in (str, bool, int):
        if type(left) is kind and type(right) is kind:
            return bool(left == right)
    raise Unsure


def contained(item: Any, holder: Any) -> bool:
    """Whether a text is in a list of texts or a key of a mapping."""
    if isinstance(holder, Mapping):
        return text(item) in holder
    text(item)
    return item in [text(each) for each in items_of(holder)]


def truth(value: Any) -> bool:
    """Return a truth."""
    if type(value) is not bool:
        raise Unsure
    return value


def text(value: Any) -> str:
    """Return a text."""
    if type(value) is not str:
        raise Unsure
    return value


def items_of(value: Any) -> Sequence[Any]:
    """Return a list."""
    if type(value) is not list:
        raise Unsure
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping."""
    if not isinstance(value, Mapping):
        raise Unsure
    return value


def least(left: Any, right: Any, *, equal: bool) -> bool:
    """Whether a whole number is less than another, or where `equal` as much."""
    if type(left) is not int or type(right) is not int:
        raise Unsure
    return left <= right if equal else left < right


def sized(value: Any) -> Any:
    """Return what CEL knows the size of."""
    if not isinstance(value, (str, list, Mapping)):
        raise Unsure
    return value


MACROS: dict[str, Callable[[Sequence[Any], Callable[[Any], Any]], Any]] = {
    "map": lambda items, each: [each(item) for item in items],
    "filter": lambda items, each: [item for item in items if truth(each(item))],
    "exists": lambda items, each: any(truth(each(item)) for item in items),
    "all": lambda items, each: all(truth(each(item)) for item in items),
}
OF_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}
