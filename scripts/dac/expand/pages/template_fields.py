"""A template's fields as rows: dotted path and value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

POD_COLUMNS = ("step", "program", "requests", "limits", "deadline", "tried again", "held by")
_BY_ARGUMENT = re.compile(r"\{\{=toJson\(.*\[workflow\.parameters\.(\w+)\]\)\}\}", re.DOTALL)


def flattened(value: Any, path: str = "") -> dict[str, Any]:
    """Path -> scalar, or list of scalars; an item that has a name is shown by it."""
    if isinstance(value, Mapping) and value:
        rows: dict[str, Any] = {}
        for key, item in value.items():
            rows |= flattened(item, f"{path}.{key}" if path else str(key))
        return rows
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        rows = {}
        for index, item in enumerate(value):
            label = item.get("name", item.get("key", index)) if isinstance(item, Mapping) else index
            rest = {k: v for k, v in item.items() if k not in ("name", "key")} if isinstance(item, Mapping) else item
            # {name, value} is one fact.
            rest = rest["value"] if isinstance(rest, Mapping) and set(rest) == {"value"} else rest
            rows |= flattened(rest, f"{path}.{label}")
        return rows
    return {path: value}


def shortened(value: Any) -> Any:
    """Show a map of the catalog that an argument picks from by the argument's name."""
    match = _BY_ARGUMENT.fullmatch(value) if isinstance(value, str) else None
    return f"by {match[1]}" if match else value


def facts_of_pods(template: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a row of a step's table, with a text of Markdown for each of POD_COLUMNS."""
    container = template["container"]
    resources = container.get("resources", {})
    sized = "podSpecPatch" in template
    retry = template.get("retryStrategy", {})
    deadline = shortened(template.get("activeDeadlineSeconds", ""))
    locks = template.get("synchronization", {})
    held = [f"`{s['configMapKeyRef']['key']}`" for s in locks.get("semaphores", [])]
    held += [f"`{mutex['name']}`" for mutex in locks.get("mutexes", [])]
    return (
        f"`{template['name']}`",
        f"`{' '.join(map(str, [*container.get('command', []), *container.get('args', [])]))}`",
        "by size" if sized else _amounts(resources.get("requests", {})),
        "by size" if sized else _amounts(resources.get("limits", {})),
        f"{deadline} s" if isinstance(deadline, int) else str(deadline),
        f"up to {retry['limit']} times" if "limit" in retry else "never",
        ", ".join(held),
    )


def _amounts(amounts: Mapping[str, Any]) -> str:
    return ", ".join(f"{amount} {name}" for name, amount in amounts.items())
