"""Payloads as Qdrant keeps them: metadata as fields, and what filters reach beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from index import metadata
from index.condition import Among, Bound, Condition, Every
from index.stores.qdrant.client import models

BOUNDS = "bounds"
_RANGES = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}


def stored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload with its metadata as fields, and what filters reach."""
    return {**payload, **described(payload.get("metadata") or "{}")}


def described(text: str) -> dict[str, Any]:
    """Return the fields that follow from metadata that is given as JSON text."""
    facts = metadata.described(text)
    return {"metadata": json.loads(text), "labels": list(facts.labels), BOUNDS: dict(facts.bounds)}


def restored(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload as the records have it."""
    given = {name: value for name, value in payload.items() if name not in ("labels", BOUNDS)}
    if "metadata" in given:
        given["metadata"] = orjson.dumps(given["metadata"], option=orjson.OPT_SORT_KEYS).decode()
    return given


def bound_field(name: str) -> str:
    """Return the path of a bound in a payload."""
    return f"{BOUNDS}.{name}"


def filtered(condition: Condition | None) -> models.Filter | None:
    """Return the client's filter; None where nothing is asked for."""
    return None if condition is None else models.Filter(must=[_part(condition)])


def _part(condition: Condition) -> models.Condition:
    if isinstance(condition, Among):
        match = models.FieldCondition(key=condition.field, match=models.MatchAny(any=list(condition.values)))
        return models.Filter(must_not=[match]) if condition.negated else match
    if isinstance(condition, Bound):
        within = models.Range(**{_RANGES[condition.operator]: condition.limit})
        return models.FieldCondition(key=bound_field(condition.field), range=within)
    parts = [_part(part) for part in condition.parts]
    return models.Filter(must=parts) if isinstance(condition, Every) else models.Filter(should=parts)
