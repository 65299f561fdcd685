"""Manifests to YAML: block style, two spaces, the same bytes for the same values, and fast.

PyYAML's C emitter takes a millisecond for an object of these, which over a thousand projects is most of a minute; what
a manifest holds needs no more than this: text, numbers, truth values, dict and list themselves, whose types are asked
for exactly, since to ask whether something is a Mapping would take most of the time.
"""

from __future__ import annotations

import json
from typing import Any

from dac.model import Manifest
from dac.model.quoting import block_text

HEADER = "# Rendered by dac render; edit decisions.yaml instead.\n"
STANDARD_HEADER = "# Rendered by dac render from template.yaml and standards/catalog; edit those instead.\n"
PLATFORM_HEADER = "# Rendered by dac render from standards/platform and standards/catalog; edit those instead.\n"
BASELINE_HEADER = "# Rendered by dac render from decisions.yaml and standards/platform/namespace; edit those instead.\n"


def emit(manifest: Manifest) -> bytes:
    """Return the file's bytes, its header comment first."""
    platform = "/platform/" in manifest.path
    if manifest.project:
        header = BASELINE_HEADER if platform else HEADER
    else:
        header = PLATFORM_HEADER if platform else STANDARD_HEADER
    return (header + "---\n".join(_document(item) for item in manifest.objects)).encode()


def _document(value: Any) -> str:
    lines: list[str] = []
    if type(value) is dict and value:
        _mapping(value, "", lines, "")
    elif type(value) is list and value:
        _sequence(value, "", lines, "")
    else:
        lines.append(_inline(value))
    return "\n".join(lines) + "\n"


def _mapping(value: dict[str, Any], indent: str, lines: list[str], first: str) -> None:
    """`first` stands before the first key instead of the indentation: a list's dash."""
    start = first or indent
    for key, item in value.items():
        name = start + block_text(key)
        start = indent
        if type(item) is str:
            lines.append(f"{name}: {block_text(item)}")
        elif type(item) is dict and item:
            lines.append(f"{name}:")
            _mapping(item, indent + "  ", lines, "")
        elif type(item) is list and item:
            lines.append(f"{name}:")
            _sequence(item, indent + "  ", lines, "")
        else:
            lines.append(f"{name}: {_inline(item)}")


def _sequence(value: list[Any], indent: str, lines: list[str], first: str) -> None:
    start = first or indent
    for item in value:
        if type(item) is str:
            lines.append(f"{start}- {block_text(item)}")
        elif type(item) is dict and item:
            _mapping(item, indent + "  ", lines, start + "- ")
        elif type(item) is list and item:
            _sequence(item, indent + "  ", lines, start + "- ")
        else:
            lines.append(f"{start}- {_inline(item)}")
        start = indent


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return block_text(value)
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return {"{}": "{}", "[]": "[]"}[repr(value)]
