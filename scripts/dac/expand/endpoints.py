"""Which endpoints a pipeline's pods read the address of, as its standard's template says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_MAP = "endpoints"  # the ConfigMap of a namespace that holds the addresses
_ARGUMENT = re.compile(r"\{\{workflow\.parameters\.([A-Za-z0-9_-]+)\}\}")
_COMPUTED = re.compile(r"\{\{.*?\}\}")


def keys_read(template: Any) -> frozenset[str]:
    """Return the keys of the ConfigMap `endpoints` that a template's pods read, with Argo's `{{...}}` in them."""
    return frozenset(_keys(template))


def filled(keys: Iterable[str], arguments: Mapping[str, str]) -> frozenset[str]:
    """Return the keys with a pipeline's arguments filled in."""
    return frozenset(_ARGUMENT.sub(lambda match: arguments.get(match[1], match[0]), key) for key in keys)


def endpoints_used(keys: Iterable[str], endpoints: Iterable[str]) -> set[str]:
    """Return the names among `endpoints` that pods may read by keys as `filled` gives them.

    What only a run computes may be any text.
    """
    patterns = [re.compile(".*".join(re.escape(part) for part in _COMPUTED.split(key))) for key in keys]
    return {name for name in endpoints if any(pattern.fullmatch(name) for pattern in patterns)}


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        reference = value.get("configMapKeyRef")
        if isinstance(reference, Mapping) and reference.get("name") == _MAP:
            yield str(reference.get("key", ""))
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _keys(item)
