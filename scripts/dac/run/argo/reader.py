"""Reads a manifest into the shape that the controller holds.

Known fields only, text where Argo has text, no empty fields.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from dac.model import Document, Finding, Pointer
from dac.model.schedule import check_cron, timezone_known
from dac.run.argo import gotext
from dac.run.argo.fields import BOUNDS, FIELDS, HELD, KINDS, REASONS, REQUIRED, SUCCESSORS, UNIQUE
from dac.run.argo.location import LOCATIONS

_QUANTITY = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE])?")
_METRIC = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_WANTS = {
    "s": "text",
    "t": "text, a number or a boolean",
    "i": "a whole number",
    "b": "true or false",
    "n": "a number or text",
}


def read(document: Document) -> tuple[dict[str, Any], list[Finding]]:
    """Return the object, and a finding for every field that is refused, unknown or of the wrong type."""
    reader = _Reader(document)
    data = document.data
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind not in (*KINDS, *HELD):
        reader.report((), f"kind {kind!r} is not one that can be run", f"it is one of {', '.join(KINDS)}", "run.kind")
        return {}, reader.findings
    value = reader.struct(data, kind, ())
    return value, reader.findings


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def report(self, pointer: Pointer, message: str, remedy: str, code: str, key: bool = False) -> None:
        place = self.document.at_key(pointer) if key else self.document.at(pointer)
        self.findings.append(Finding(place, code, message, remedy))

    def struct(self, data: Any, name: str, pointer: Pointer) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.report(pointer, f"{path_text(pointer)} is {_named(data)}", "give a map of fields", "run.wrong_type")
            return {}
        fields: dict[str, Any] = {}
        for key, value in data.items():
            at = (*pointer, key)
            kind = FIELDS[name].get(key)
            if kind is None:
                message, remedy = f'unknown field "{path_text(at)}"', "remove it, or run this workflow on a cluster"
                if key in SUCCESSORS.get(name, {}):
                    remedy = f'Argo Workflows 4 has "{SUCCESSORS[name][key]}", a list, in its place'
                self.report(at, message, remedy, "run.unknown_field", True)
            elif value is None or kind == "~" or (kind == "empty" and _empty(value)):
                if kind == "~" and name == "Archive":  # `none: {}` and `zip: {}` say something
                    fields[key] = {}
            elif kind == "empty":
                self.report(
                    at, f'"{path_text(at)}" says how a run went', "remove it to run it anew", "run.status", True
                )
            elif kind == "!":
                if not (value in (False, [], {}, "") and value is not None and not isinstance(value, dict)):
                    self.refuse(at, key)
            elif kind.startswith("?"):
                self.struct(value, kind[1:], at)
            else:
                self.bounded(value, BOUNDS.get(name, {}).get(key), at)
                read = self.value(value, kind, at)
                if read is not None and read not in ([], ""):
                    fields[key] = read
                elif read == "" and kind == "t":
                    fields[key] = ""
        if name == "Artifact" and len(several := [key for key in LOCATIONS if data.get(key) is not None]) > 1:
            message = f'"{path_text(pointer)}" has several locations: {", ".join(several)}'
            self.report(pointer, message, "leave one", "run.duplicate")
        for group in REQUIRED.get(name, ()):
            names = group.split("|")
            names += [old for old, new in SUCCESSORS.get(name, {}).items() if new in names]  # said already
            if all(data.get(key) in (None, "", [], {}) for key in names):
                what = " or ".join(f'"{key}"' for key in group.split("|"))
                self.report(pointer, f"{path_text(pointer)} has no {what}", f"add {what}", "run.missing_field")
        return fields

    def refuse(self, at: Pointer, key: str) -> None:
        reason = f": {REASONS[key]}" if key in REASONS else ""
        self.report(
            at,
            f'"{path_text(at)}" cannot be honoured here{reason}',
            "run this workflow on a cluster",
            "run.unsupported_field",
            True,
        )

    def bounded(self, value: Any, bounds: tuple[int, float] | None, at: Pointer) -> None:
        if bounds is None or isinstance(value, bool) or not isinstance(value, (int, list)):
            return
        (least, most), count = bounds, len(value) if isinstance(value, list) else value
        if not least <= count <= most:
            what = "has {} items" if isinstance(value, list) else "is {}"
            remedy = f"give at least {least}" if count < least else f"give at most {most:g}"
            self.report(at, f'"{path_text(at)}" {what.format(count)}', remedy, "run.bounds")

    def value(self, value: Any, kind: str, at: Pointer) -> Any:
        if kind == "*":
            return _in_order(value)
        if kind.startswith("["):
            return self.items(value, kind[1:-1], at)
        if kind.startswith("{"):
            if not isinstance(value, dict):
                return self.wrong(at, value, "a map")
            return {str(key): self.struct(item, kind[1:-1], (*at, key)) for key, item in value.items()}
        if kind == "m":
            if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
                return self.wrong(at, value, "a map of text")
            return {str(key): item for key, item in value.items()}
        if kind in _WANTS:
            return self.scalar(value, kind, at)
        if kind in ("cron", "zone", "quantity", "quantities", "metric"):
            return getattr(self, kind)(value, at)
        if "|" in kind:
            return self.word(value, kind.split("|"), at)
        return self.struct(value, kind, at)

    def items(self, value: Any, kind: str, at: Pointer) -> Any:
        if not isinstance(value, list):
            return self.wrong(at, value, "a list")
        if unique := UNIQUE.get(kind):
            self.unlike(value, unique, at)
        return [self.value(item, kind, (*at, i)) for i, item in enumerate(value)]

    def unlike(self, items: list[Any], key: str, at: Pointer) -> None:
        seen: set[str] = set()
        for index, item in enumerate(items):
            value = str(item.get(key) or "") if isinstance(item, dict) else ""
            if value in seen:
                where = (*at, index, key)
                self.report(where, f'"{path_text(where)}" is {value!r} again', f"give each {key} once", "run.duplicate")
            seen |= {value} - {""}

    def word(self, value: Any, words: list[str], at: Pointer) -> Any:
        if value in ("", *words):
            return value
        self.report(at, f'"{path_text(at)}" is {value!r}', f"give one of {', '.join(words)}", "run.unknown_value")
        return None

    def cron(self, value: Any, at: Pointer) -> Any:
        if not isinstance(value, str):
            return self.wrong(at, value, "text")
        try:
            check_cron(value)
        except ValueError as error:
            self.report(at, f'"{path_text(at)}" is {value!r}: {error}', "give a cron line of five fields", "run.cron")
        return value

    def zone(self, value: Any, at: Pointer) -> Any:
        if isinstance(value, str) and value and not timezone_known(value):
            remedy = "give a name of the time zone database, such as Europe/Berlin"
            self.report(at, f'"{path_text(at)}" is {value!r}', remedy, "run.timezone")
        return value if isinstance(value, str) else self.wrong(at, value, "text")

    def metric(self, value: Any, at: Pointer) -> Any:
        if isinstance(value, str) and value and not _METRIC.fullmatch(value):
            remedy = "give letters, digits and _, a digit not first"
            self.report(at, f'"{path_text(at)}" is {value!r}', remedy, "run.name")
        return value if isinstance(value, str) else self.wrong(at, value, "text")

    def quantities(self, value: Any, at: Pointer) -> Any:
        if not isinstance(value, dict):
            return self.wrong(at, value, "a map of amounts")
        for key, amount in value.items():
            self.quantity(amount, (*at, key))
        return value

    def quantity(self, value: Any, at: Pointer) -> Any:
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
        if value is not None and not number and not (isinstance(value, str) and _QUANTITY.fullmatch(value)):
            self.report(at, f'"{path_text(at)}" is {value!r}', "give an amount such as 500m", "run.quantity")
        return value

    def scalar(self, value: Any, kind: str, at: Pointer) -> Any:
        if kind == "t" and isinstance(value, (bool, int, float, str)):
            return any_string(value)
        if kind == "s" and isinstance(value, str):
            return value
        if kind == "b" and isinstance(value, bool):
            return value
        if kind in "in" and isinstance(value, int) and not isinstance(value, bool):
            return value
        if kind == "n" and isinstance(value, str) and value:
            return value
        return self.wrong(at, value, _WANTS[kind])

    def wrong(self, at: Pointer, value: Any, wants: str) -> None:
        remedy = f"give {wants}" + (", in quotes" if wants == "text" and not isinstance(value, (dict, list)) else "")
        self.report(at, f'"{path_text(at)}" is {_named(value)}', remedy, "run.wrong_type")


def any_string(value: Any) -> str:
    """Return a parameter's value as text, as AnyString reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return gotext.format_decimal(float(value)) if abs(value) > 2**53 or isinstance(value, float) else str(value)
    return str(value)


def _in_order(value: Any) -> Any:
    """Return a value with each map's keys in order, as kubectl sends it."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [_in_order(item) for item in value] if isinstance(value, list) else value


def _empty(value: Any) -> bool:
    """Whether a value holds nothing: an exported or generated status has its fields, and null in each."""
    if isinstance(value, dict):
        return all(map(_empty, value.values()))
    return value in (None, "", [])


def path_text(pointer: Pointer) -> str:
    """Return a pointer as people write it: spec.templates[0].name."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in pointer)
    return text.removeprefix(".") or "the document"


def _named(value: Any) -> str:
    if value is None:
        return "empty"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "text", dict: "a map", list: "a list"}
    return names.get(type(value), f"a {type(value).__name__}")
