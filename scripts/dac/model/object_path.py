"""Where a value stands in a Kubernetes object: keys, and items of lists by what names them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Path = tuple[str, ...]  # keys; an item of a list is its name, or its index, in brackets

# What names an item of a list, in the order in which it is looked for.
_NAMES: tuple[Callable[[Mapping[str, Any]], Any], ...] = (
    lambda item: (
        f"{item['kind']}/{item['metadata']['name']}"
        if isinstance(item.get("metadata"), Mapping) and "kind" in item and "name" in item["metadata"]
        else None
    ),
    lambda item: item.get("name"),
    lambda item: item.get("key"),
    lambda item: item.get("mountPath"),
)


def written(path: Path) -> str:
    """`spec.templates[embed].container.image`; a key that holds a dot stands in brackets and quotes."""
    text = ""
    for part in path:
        if part.startswith("["):
            text += part
        elif "." in part or not part:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
        else:
            text += f".{part}" if text else part
    return text


def by_name(items: Sequence[Any]) -> dict[str, Any] | None:
    """Return the items by what names each of them; None where nothing does, or two have the same name."""
    if not all(isinstance(item, Mapping) for item in items):
        return None
    for naming in _NAMES:
        names = [naming(item) for item in items]
        if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            return dict(zip(names, items, strict=True))
    return None


def structured(value: Any) -> Any:
    """Return the mapping or list that a text holds as JSON; None where it holds neither."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return None
    try:
        parsed = json.loads(value)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict | list) else None
