"""Payloads as Weaviate keeps them, and the filters that reach into them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import reduce
from typing import Any

from weaviate.classes.query import Filter

INDEXED = ("document", "hash")


def stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what filters reach, and the whole payload as it came."""
    labels = [f"{name}={json.dumps(value)}" for name, value in json.loads(payload.get("metadata") or "{}").items()]
    fields = {name: payload[name] for name in INDEXED if name in payload}
    return {**fields, "labels": labels, "payload": json.dumps(dict(payload), ensure_ascii=False)}


def restored(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload as the records have it."""
    return json.loads(properties["payload"]) if properties.get("payload") else {}


def condition(where: Mapping[str, Any] | None) -> Any:
    """Return the client's filter; None where nothing is asked for."""
    filters = [
        Filter.by_property(name).equal(value)
        if name in INDEXED
        else Filter.by_property("labels").contains_all([f"{name.removeprefix('metadata.')}={json.dumps(value)}"])
        for name, value in (where or {}).items()
    ]
    return reduce(lambda left, right: left & right, filters) if filters else None
