"""Content hashes: what exactly a manifest said, without what says so itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from dac.model import Manifest

ANNOTATION = "dac.dev/content"
# An argument and an environment variable carry a hash into the run; each is blank while the hash is taken.
_CARRIERS = frozenset(["content", "TEMPLATE_CONTENT"])


def content_hash(manifest: Mapping[str, Any]) -> str:
    """`sha256:<hex>` over the object's JSON with sorted keys, its hash's own places left blank."""
    return "sha256:" + hashlib.sha256(orjson.dumps(_blank(manifest), option=orjson.OPT_SORT_KEYS)).hexdigest()


def annotated(manifest: Mapping[str, Any], content: str) -> dict[str, Any]:
    """Return the object with its hash as an annotation."""
    metadata = dict(manifest["metadata"])
    metadata["annotations"] = {**metadata.get("annotations", {}), ANNOTATION: content}
    return {**manifest, "metadata": metadata}


def content_of(manifest: Manifest) -> str:
    """Return the hash that a rendered manifest carries; empty where it carries none."""
    metadata = manifest.objects[0].get("metadata", {}) if manifest.objects else {}
    return str(metadata.get("annotations", {}).get(ANNOTATION, ""))


def _blank(value: Any) -> Any:
    if type(value) is str:  # most values are: no other type need be asked about
        return value
    if isinstance(value, dict | Mapping):
        if value.get("name") in _CARRIERS and "value" in value:
            return {**value, "value": ""}
        blank = {key: _blank(item) for key, item in value.items() if key != ANNOTATION}
        if blank.get("annotations") == {}:
            del blank["annotations"]
        return blank
    if isinstance(value, list | tuple):
        return [_blank(item) for item in value]
    return value
