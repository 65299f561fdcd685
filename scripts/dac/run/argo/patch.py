"""podSpecPatch.

A strategic merge into the pod (workflow/util ApplyPodSpecPatch), for the fields that have an effect here.
"""

from __future__ import annotations

import yaml

from dac.run.argo.merge import merged
from dac.run.argo.node import JSON


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
        if not all(_maps(patch.get(key, [])) for key in ("containers", "initContainers", "volumes")):
            raise PatchError("Error applying PodSpecPatch")
        pod = merged(pod, patch)
    return pod


def _maps(items: object) -> bool:
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)
