"""How Go compares and names the values of an expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Groups(dict[Any, Any]):
    """What groupBy gives: a map whose keys are of any type, which Go cannot write as JSON."""


def is_number(value: Any) -> bool:
    """Whether a value is an int or a float64; a bool is neither in Go."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def int64(number: Any) -> Any:
    """Return a whole number as an int64 holds it, which goes round at its end; another value as it is."""
    if type(number) is int and not -(2**63) <= number < 2**63:
        return (number + 2**63) % 2**64 - 2**63
    return number


def equal(left: Any, right: Any) -> bool:
    """Compare as `runtime.Equal`: numbers by value whatever their type, all else by type and value."""
    if is_number(left) and is_number(right):
        return bool(left == right)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(equal(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)


def unique(items: list[Any]) -> list[Any]:
    """Return the items without those that equal an earlier one."""
    kept: list[Any] = []
    for item in items:
        if not any(equal(item, earlier) for earlier in kept):
            kept.append(item)
    return kept
