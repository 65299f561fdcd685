"""Fields of a manifest: the values in it that hold no other, as a person would write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dac.model import Pointer


def leaves(value: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """Return each value that holds no other, with its pointer; an empty mapping or list is one."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from leaves(item, (*pointer, str(key)))
    elif isinstance(value, list | tuple) and value:
        for index, item in enumerate(value):
            yield from leaves(item, (*pointer, index))
    else:
        yield pointer, value


def fields_of(value: Any) -> int:
    """Return how many fields a value has."""
    return sum(1 for _ in leaves(value))
