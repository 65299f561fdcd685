"""What rules say of their findings, held against policy/metadata.schema.json."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from dac.model import Finding, Location
from dac.model.words import quoted

_CODE = "policy.metadata"


def metadata_findings(metadata: Iterable[tuple[Location, Any]], schema: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding for each METADATA that the schema refuses, or whose `denies_from` is not a day.

    Args:
        metadata: `custom` of each, with its place.
        schema: the schema; empty where the tree has none, so that nothing is held against it.
    """
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(dict(schema))
    for place, custom in metadata:
        day = custom.get("denies_from") if isinstance(custom, Mapping) else None
        if isinstance(day, date):  # YAML reads a bare day as a date, which no schema knows
            text = f"the rule's METADATA is wrong at custom.denies_from: {day.isoformat()} is not in quotes"
            yield Finding(place, _CODE, text, f'write "{day.isoformat()}"')
            continue
        errors = sorted(validator.iter_errors(custom), key=lambda error: (list(map(str, error.path)), error.message))
        for error in errors[:1]:
            where = ".".join(map(str, ("custom", *error.path)))
            remedy = "write it as policy/metadata.schema.json says; a day stands in quotes"
            yield Finding(place, _CODE, f"the rule's METADATA is wrong at {where}: {error.message}", remedy)
        if day is not None and not errors and not _is_day(day):
            text = f"the rule's METADATA is wrong at custom.denies_from: {quoted(day)} is not a day of the calendar"
            yield Finding(place, _CODE, text, 'write one such as "2031-03-31"')


def _is_day(text: Any) -> bool:
    try:
        return bool(date.fromisoformat(text).isoformat() == text)
    except (TypeError, ValueError):
        return False
