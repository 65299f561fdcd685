"""Payloads as Milvus keeps them, and the filters that reach into them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

INDEXED = ("document", "hash")


def stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what filters reach, and the whole payload as it came."""
    fields = {name: payload.get(name) or "" for name in INDEXED}
    whole = json.dumps(dict(payload), ensure_ascii=False)
    return {**fields, "metadata": json.loads(payload.get("metadata") or "{}"), "payload": whole}


def condition(where: Mapping[str, Any] | None) -> str:
    """Return the filter in the engine's language; empty where nothing is asked for."""
    tests = []
    for name, value in (where or {}).items():
        field = name if name in INDEXED else f"metadata[{json.dumps(name.removeprefix('metadata.'))}]"
        tests.append(f"{field} == {json.dumps(value, ensure_ascii=False)}")
    return " and ".join(tests)
