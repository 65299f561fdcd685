"""Payloads as Weaviate keeps them, and the filters that reach into them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from weaviate.classes.query import Filter

from index import metadata
from index.condition import LABELS, Among, Bound, Condition, Every

INDEXED = ("document", "hash")


def stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what filters reach, a property a bound, and the whole payload as it came."""
    facts = metadata.described(payload.get("metadata") or "{}")
    fields = {name: payload[name] for name in INDEXED if name in payload}
    whole = json.dumps(dict(payload), ensure_ascii=False)
    return {**fields, **facts.bounds, LABELS: list(facts.labels), "payload": whole}


def restored(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload as the records have it."""
    return json.loads(properties["payload"]) if properties.get("payload") else {}


def filtered(condition: Condition | None) -> Any:
    """Return the client's filter; None where nothing is asked for."""
    return None if condition is None else _part(condition)


def _part(condition: Condition) -> Any:
    if isinstance(condition, Among):
        held = Filter.by_property(condition.field)
        if condition.negated:  # contains_none needs 1.33
            return Filter.all_of([held.not_equal(value) for value in condition.values])
        return held.contains_any(list(condition.values))
    if isinstance(condition, Bound):
        number = Filter.by_property(condition.field)
        compare = {
            "<": number.less_than,
            "<=": number.less_or_equal,
            ">": number.greater_than,
            ">=": number.greater_or_equal,
        }
        return compare[condition.operator](condition.limit)
    parts = [_part(part) for part in condition.parts]
    return Filter.all_of(parts) if isinstance(condition, Every) else Filter.any_of(parts)
