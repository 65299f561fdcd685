"""Payloads as Qdrant keeps them: metadata as fields that filters reach."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload with its metadata as fields that filters reach."""
    return {**payload, "metadata": json.loads(payload.get("metadata") or "{}")}


def restored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload as the records have it."""
    if "metadata" not in payload:
        return dict(payload)
    return {**payload, "metadata": json.dumps(payload["metadata"], sort_keys=True, ensure_ascii=False)}
