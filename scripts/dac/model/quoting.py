"""Values as YAML text that every YAML reader, of version 1.1 or 1.2, reads back alike."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# Text that needs no quotes: it begins with a letter or a slash, and a colon or a space in it stands right before a
# plain character.
_UNQUOTED = re.compile(r"[A-Za-z/][\w./@+=,()*-]*(?:(?: +|:)[A-Za-z0-9_./@+=()*-][\w./@+=,()*-]*)*", re.ASCII)
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
_UNPRINTABLE = re.compile("[\x7f-\xa0\xad\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_FLOW = re.compile(r"[A-Za-z/][A-Za-z0-9._/:@+-]*")  # in flow style, a comma would end the value


def block_text(text: str) -> str:
    """Write text for YAML's block style: unquoted where that is safe, else in JSON's quotes."""
    if _UNQUOTED.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return _UNPRINTABLE.sub(_escaped, json.dumps(text, ensure_ascii=False))


def flow(value: Any) -> str:
    """Write a value, nested ones too, in one line of YAML's flow style."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    text = block_text(value)
    return text if text != value or _FLOW.fullmatch(value) else json.dumps(value, ensure_ascii=False)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
