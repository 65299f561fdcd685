"""The conditions of a resource template, in the words of label selectors (k8s.io/apimachinery/pkg/labels)."""

from __future__ import annotations

import re

_NAME = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_KEY = rf"(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?{_NAME}"
_VALUE = rf"(?:{_NAME})?"
_REQUIREMENT = re.compile(
    rf"\s*(?:!\s*{_KEY}|{_KEY}(?:\s*(?:==|=|!=)\s*{_VALUE}|\s*[<>]\s*-?[0-9]+"
    rf"|\s+(?:in|notin)\s*\(\s*{_VALUE}(?:\s*,\s*{_VALUE})*\s*\))?)\s*"
)
_COMMA = re.compile(r",(?![^(]*\))")


def problem(text: str) -> str:
    """Return why a selector cannot be read; empty if it can."""
    if not text.strip():
        return ""
    wrong = [part for part in _COMMA.split(text) if not _REQUIREMENT.fullmatch(part)]
    return f"{wrong[0].strip()!r} is not of the form KEY OPERATOR VALUE" if wrong else ""
