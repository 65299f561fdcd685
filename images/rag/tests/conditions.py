"""Filters made at random, each with a plain evaluation over metadata: no label, no bound, no store."""

from __future__ import annotations

import itertools
import json
import operator
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

Metadata = dict[str, Any]
Check = Callable[[Metadata], bool]

TEAMS = ["docs", "search", "über uns", 'say "hi"', "it's", "a\\b", "true", "2024", "not", "in", "%41", "a=b:c"]
DAYS = [f"2024-{month:02}-{day:02}" for month in (1, 2, 12) for day in (1, 28, 31) if (month, day) != (2, 31)]
TIMES = ["2024-02-28T23:30:00-01:00", "2024-12-31T00:00:00Z", "2024-01-01T12:00", "2024-01-01 12:00:00.25"]
NUMBERS = [-3, 0, -0.0, 1, 1.5, 2023, 2024, 2024.0, 1e6, 0.1]
NUMBERS += [2**53, 2**53 + 1, -(2**53) - 1, 2**60 + 1, 2**60 + 3, 2**63 - 1, 2**63 + 5]  # several have one float
ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
ODD = 'odd "key" ä.b'
KEYS = {"year": "number", "scores": "number", "draft": "boolean", "team": "text", "tags": "text", "published": "date"}
KEYS |= {"seen": "date", ODD: "text", "Year": "number", "rank": "mixed"}
LISTS = ("scores", "tags", "seen")


def document(chance: random.Random) -> Metadata:
    """Return the metadata of a document: some keys are missing, some lists empty."""
    made: Metadata = {}
    for key, kind in KEYS.items():
        if chance.random() < 0.25:
            continue
        count = chance.choice([0, 1, 2, 3]) if key in LISTS else 1
        values = [_value(chance, kind) for _ in range(count)]
        made[key] = values if key in LISTS else values[0]
    return made


def _value(chance: random.Random, kind: str) -> Any:
    if kind == "mixed":
        kind = chance.choice(["number", "text", "boolean"])
    choices: dict[str, list[Any]] = {"number": NUMBERS, "boolean": [True, False], "text": TEAMS, "date": DAYS + TIMES}
    return chance.choice(choices[kind])


def condition(chance: random.Random, depth: int = 3) -> tuple[str, Check]:
    """Return a filter's text, and whether metadata passes it."""
    if depth and chance.random() < 0.6:
        shape = chance.choice(["and", "or", "not"])
        if shape == "not":
            text, check = condition(chance, depth - 1)
            return f"not ({text})", lambda held: not check(held)
        parts = [condition(chance, depth - 1) for _ in range(chance.choice([2, 3]))]
        joined = f" {chance.choice([shape, shape.upper()])} ".join(f"({text})" for text, _ in parts)
        together = all if shape == "and" else any
        return joined, lambda held: together(check(held) for _, check in parts)
    return _comparison(chance)


def _comparison(chance: random.Random) -> tuple[str, Check]:
    key = chance.choice(list(KEYS))
    kind = chance.choice(["number", "text", "boolean"]) if KEYS[key] == "mixed" else KEYS[key]
    name = json.dumps(key, ensure_ascii=False) if key == ODD else chance.choice([key, f"metadata.{key}"])
    shapes = ["=", "!=", "in", "not in", "has", *(["is"] if kind == "boolean" else [])]
    shape = chance.choice([*shapes, *(ORDERS if kind in ("number", "date") else ())])
    if shape == "has":
        return f"has {name}", lambda held: bool(_values(held, key))
    if shape == "is":
        return name, lambda held: any(value is True for value in _values(held, key))
    if shape in ORDERS:
        value = _value(chance, kind)
        return f"{name} {shape} {_written(value, kind)}", lambda held: any(
            _ordered(each, shape, value) for each in _values(held, key)
        )
    wanted = [_value(chance, kind) for _ in range(1 if shape in ("=", "!=") else chance.choice([1, 2, 3]))]
    texts = ", ".join(_written(value, KEYS[key]) for value in wanted)
    text = f"{name} {shape} {texts}" if shape in ("=", "!=") else f"{name} {shape} [{texts}]"
    positive = shape in ("=", "in")
    return text, lambda held: positive == any(_equal(*pair) for pair in itertools.product(_values(held, key), wanted))


def _written(value: Any, kind: str) -> str:
    if isinstance(value, str) and (kind in ("text", "mixed") or " " in value):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(held: Metadata, key: str) -> list[Any]:
    value = held.get(key, [])
    return value if isinstance(value, list) else [value]


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(wanted, str) and wanted in DAYS + TIMES:
        first, past = _span(wanted)
        return first <= _span(value)[0] < past
    return bool(value == wanted)


def _ordered(value: Any, shape: str, limit: Any) -> bool:
    if isinstance(limit, str):
        first, past = _span(limit)
        at = _span(value)[0]
        return {"<": at < first, "<=": at < past, ">": at >= past, ">=": at >= first}[shape]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and bool(ORDERS[shape](value, limit))


def _span(text: str) -> tuple[datetime, datetime]:
    """Return a date's beginning and what comes after it."""
    at = datetime.fromisoformat(text)
    first = at if at.tzinfo else at.replace(tzinfo=UTC)
    return first, first + (timedelta(days=1) if len(text) == 10 else timedelta(microseconds=1))
