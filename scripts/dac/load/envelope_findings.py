"""pydantic's errors as findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from dac.model import Document, Finding, Pointer
from dac.model.suggestion import nearest, suggestion
from dac.model.words import kind_of, quoted

# Whose name a key is that cannot be one.
_NAMED = {"project": "pipeline", "standard": "parameter"}
_KINDS = {
    "string_type": "text",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
    "int_type": "a whole number",
    "bool_type": "true or false",
}


def envelope_findings(model: type[BaseModel], document: Document, code: str, hints: Mapping[str, str]) -> list[Finding]:
    """Return what `model` says of the document; none when it fits.

    Args:
        model: the closed shape.
        document: what was read.
        code: rule of the findings; the reason is added to it.
        hints: reason or field -> what to do, beyond what can be told from the shape.
    """
    try:
        model.model_validate(document.data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
    else:
        return []
    unknown = _by_mapping(details, "extra_forbidden")
    missing = _by_mapping(details, "missing")
    findings = []
    for detail in details:
        pointer = tuple(detail["loc"])
        fields = _fields(model, pointer)
        # A misspelt key is told once, at the key; that the right one is missing follows from it.
        strays = unknown.get(pointer[:-1], []) if detail["type"] == "missing" else []
        if any(nearest(stray, [str(pointer[-1])]) for stray in strays):
            continue
        absent = missing.get(pointer[:-1], [])
        findings.append(_finding(detail, document, pointer, code, hints, fields, absent))
    return findings


def _by_mapping(details: Sequence[Any], kind: str) -> dict[Pointer, list[str]]:
    """Return the keys that errors of a kind are about, by the mapping that they are in."""
    keys: dict[Pointer, list[str]] = {}
    for detail in details:
        if detail["type"] == kind:
            keys.setdefault(tuple(detail["loc"][:-1]), []).append(str(detail["loc"][-1]))
    return keys


def _fields(model: type[BaseModel], pointer: Pointer) -> list[str]:
    """Return the keys that the mapping around `pointer` may have; none where they are free."""
    shape: Any = model
    for step in pointer[:-1]:
        if isinstance(shape, type) and issubclass(shape, BaseModel):
            field = shape.model_fields.get(str(step))
            shape = field.annotation if field else None
        else:  # a mapping by name: the shape of what it maps to
            shape = getattr(shape, "__args__", (None,))[-1]
    return list(shape.model_fields) if isinstance(shape, type) and issubclass(shape, BaseModel) else []


def _finding(
    detail: Any,
    document: Document,
    pointer: Pointer,
    code: str,
    hints: Mapping[str, str],
    fields: list[str],
    absent: list[str],
) -> Finding:
    kind, value = detail["type"], detail["input"]
    name = str(pointer[-1]) if pointer else ""
    hint = hints.get(name, "")
    if pointer and pointer[-1] == "[key]":
        key = str(pointer[-2])
        return Finding(
            document.at_key(pointer[:-1]),
            f"{_NAMED[code]}.name",
            f"{quoted(key)} cannot be a name",
            hints.get("[key]", "use lower-case letters, digits and dashes, 63 at most"),
        )
    if kind == "extra_forbidden":
        otherwise = f"remove it, or choose from {', '.join(fields)}"
        remedy = suggestion(name, fields, likely=absent, otherwise=otherwise)
        return Finding(document.at_key(pointer), f"{code}.unknown_key", f"unknown key {quoted(name)}", remedy)
    if kind == "missing":
        return Finding(document.at(pointer), f"{code}.missing", f"{quoted(name)} is missing", hint or "add it")
    where = f"{quoted(name)} is" if pointer else "the document is"
    if kind in _KINDS:
        return Finding(
            document.at(pointer),
            f"{code}.wrong_type",
            f"{where} {kind_of(value)}, not {_KINDS[kind]}",
            hint or f"write {_KINDS[kind]}",
        )
    if kind == "too_short":
        return Finding(document.at(pointer), f"{code}.empty", f"{where} empty", hint or "add one")
    return Finding(
        document.at(pointer), f"{code}.not_allowed", f"{where} {quoted(value)}, which it cannot be", hint or "fix it"
    )
