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
    """The pod with each patch merged in, in order.

    Raises:
        PatchError: A patch is not YAML, or not a map.
    """
    for text in patches:
        try:
            patch = yaml.safe_load(text)
        except yaml.YAMLError as fault:
            raise PatchError(f"Error applying PodSpecPatch: {fault}") from fault
        if not isinstance(patch, dict):
            raise PatchError("Error applying PodSpecPatch: Invalid JSON Patch")
        pod = _merged(pod, patch)
    return pod


def _merged(under: Any, over: Any) -> Any:
    if not isinstance(under, dict) or not isinstance(over, dict) or over.get("$patch") == "replace":
        return over
    found = dict(under)
    for key, value in over.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, list) and key in _KEYS and isinstance(found.get(key), list):
            found[key] = _merged_list(found[key], value, _KEYS[key])
        else:
            found[key] = _merged(found.get(key), value)
    return found


def _merged_list(under: list[Any], over: list[Any], key: str) -> list[Any]:
    found = list(under)
    for item in over:
        index = next((i for i, other in enumerate(found) if other.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            found = [other for other in found if other.get(key) != item.get(key)]
        elif index is None:
            found.append(item)
        else:
            found[index] = _merged(found[index], item)
    return found
