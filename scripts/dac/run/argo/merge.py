"""Merges a patch into an object as Kubernetes does: a strategic merge (apimachinery's util/strategicpatch)."""

from __future__ import annotations

from typing import Any

from dac.run.argo.node import JSON

# What lists are merged by; a list under any other key is replaced as a whole.
_KEYS = {"containers": "name", "initContainers": "name", "sidecars": "name", "volumes": "name", "env": "name",
         "volumeMounts": "mountPath", "ports": "containerPort", "imagePullSecrets": "name", "hostAliases": "ip",
         "parameters": "name", "artifacts": "name", "tasks": "name", "templates": "name"}  # fmt: skip


def merged(under: Any, over: Any) -> Any:
    """Return `under` with the patch `over` merged in."""
    if not isinstance(under, dict) or not isinstance(over, dict) or over.get("$patch") == "replace":
        return over
    result = dict(under)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, list) and key in _KEYS and isinstance(result.get(key), list):
            result[key] = _merged_list(result[key], value, _KEYS[key])
        else:
            result[key] = merged(result.get(key), value)
    return result


def _merged_list(under: list[Any], over: list[Any], key: str) -> list[Any]:
    """Merge lists of named items, in the order that the server keeps (mergeSortedSlice).

    The patch's items keep their order. An item that only `under` has stands before the next one of the patch that
    comes after it in `under`.
    """
    names = [_value(item, key) for item in under]
    removed = [_value(item, key) for item in over if isinstance(item, dict) and item.get("$patch") == "delete"]
    patched: list[Any] = []
    for item in over:
        name = _value(item, key)
        if name not in removed:
            patched.append(merged(under[names.index(name)], item) if name in names else item)
    given = [_value(item, key) for item in over]
    kept = [item for item in under if _value(item, key) not in given]
    result: list[Any] = []
    while patched and kept:
        name, other = _value(patched[0], key), _value(kept[0], key)
        first = name not in names or names.index(name) < names.index(other)
        result.append((patched if first else kept).pop(0))
    return [*result, *patched, *kept]


def _value(item: Any, key: str) -> Any:
    return item.get(key) if isinstance(item, dict) else None


def merge_named(over: list[JSON], under: list[JSON]) -> list[JSON]:
    """Merge two lists of named things; of a thing in both, `over`'s stays as it is, at its place in `under`."""
    own = {item["name"]: item for item in over}
    return [own.get(item["name"], item) for item in _merged_list(under, over, "name")]
