"""Payloads as Milvus keeps them, and the filters that reach into them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from index import metadata
from index.condition import LABELS, Among, Bound, Condition, Every

INDEXED = ("document", "hash")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what filters reach, and the whole payload as it came."""
    fields: dict[str, Any] = {name: payload.get(name) or "" for name in INDEXED}
    text = payload.get("metadata") or "{}"
    facts = metadata.described(text)
    fields |= {"metadata": json.loads(text), LABELS: list(facts.labels), "bounds": dict(facts.bounds)}
    return {**fields, "payload": json.dumps(dict(payload), ensure_ascii=False)}


def filtered(condition: Condition | None) -> str:
    """Return the filter in the engine's language; empty where nothing is asked for."""
    return "" if condition is None else _part(condition)


def _literal(text: str) -> str:
    """Return a text as the engine quotes it: it knows a few of JSON's escapes, and takes the rest as it is."""
    return f'"{text.translate(_ESCAPES)}"'


def _part(condition: Condition) -> str:
    if isinstance(condition, Among):
        values = f"[{', '.join(map(_literal, condition.values))}]"
        held = f"{condition.field} in {values}"
        if condition.field == LABELS:
            held = f"array_contains_any({condition.field}, {values})"
        return f"not ({held})" if condition.negated else held
    if isinstance(condition, Bound):
        return f'bounds["{condition.field}"] {condition.operator} {condition.limit!r}'
    joint = " and " if isinstance(condition, Every) else " or "
    return f"({joint.join(_part(part) for part in condition.parts)})"
