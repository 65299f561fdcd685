"""podSpecPatch.

A strategic merge into the pod (workflow/util ApplyPodSpecPatch), for the fields that have an effect here.
"""

from __future__ import annotations

from typing import Any

import yaml

from dac.run.argo.node import JSON

# What lists of a pod are merged by; other lists are replaced.
_KEYS = {"containers": "name", "initContainers": "name", "volumes": "name", "env": "name", "volumeMounts": "mountPath",
         "ports": "containerPort", "imagePullSecrets": "name", "hostAliases": "ip"}  # fmt: skip


class PatchError(Exception):
    """A patch that is not a map of a pod's fields."""


def apply(pod: JSON, patches: list[str]) -> JSON:
    """Return the pod with each patch merged in, in order.

    Raises:
        PatchError: A patch is not YAML, or not a map.
    """
    for text in patches:
        try:
            patch = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise PatchError(f"Error applying PodSpecPatch: {error}") from error
        if not isinstance(patch, dict):
            raise PatchError("Error applying PodSpecPatch: Invalid JSON Patch")
        pod = _merged(pod, patch)
    return pod


def _merged(under: Any, over: Any) -> Any:
    if not isinstance(under, dict) or not isinstance(over, dict) or over.get("$patch") == "replace":
        return over
    merged = dict(under)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, list) and key in _KEYS and isinstance(merged.get(key), list):
            merged[key] = _merged_list(merged[key], value, _KEYS[key])
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


def _merged_list(under: list[Any], over: list[Any], key: str) -> list[Any]:
    merged = list(under)
    for item in over:
        index = next((i for i, other in enumerate(merged) if other.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            merged = [other for other in merged if other.get(key) != item.get(key)]
        elif index is None:
            merged.append(item)
        else:
            merged[index] = _merged(merged[index], item)
    return merged
