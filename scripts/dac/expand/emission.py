"""Manifests to YAML: block style, two spaces, the same bytes for the same values, and fast.

PyYAML's C emitter takes a millisecond for such an object, which over a thousand projects is most of a minute. A
manifest holds only text, numbers, truth values, dict and list, whose exact types are compared: an `isinstance` check
against Mapping would take most of the time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dac.model import Manifest
from dac.model.quoting import block_text

HEADER = "# Rendered by dac render; edit decisions.yaml instead.\n"
STANDARD_HEADER = "# Rendered by dac render from template.yaml and standards/catalog; edit those instead.\n"
PLATFORM_HEADER = "# Rendered by dac render from standards/platform and standards/catalog; edit those instead.\n"
BASELINE_HEADER = "# Rendered by dac render from decisions.yaml and standards/platform/namespace; edit those instead.\n"


# A call of json.dumps for each number and truth value would take a tenth of the time.
_UNQUOTED_KINDS: dict[type, Callable[[Any], str]] = {
    bool: {True: "true", False: "false"}.__getitem__,
    int: int.__repr__,
    float: json.dumps,
    type(None): lambda _: "null",
}


class _Texts(dict[str, str]):
    """Text -> the same as YAML, quoted once: manifests repeat their keys and most of their values."""

    def __missing__(self, text: str) -> str:
        written = self[text] = block_text(text)
        return written


class Emitter:
    """Writes manifests; what several of them hold is quoted once."""

    def __init__(self) -> None:
        self._texts = _Texts()

    def emit(self, manifest: Manifest) -> bytes:
        """Return the file's bytes, its header comment first."""
        platform = "/platform/" in manifest.path
        if manifest.project:
            header = BASELINE_HEADER if platform else HEADER
        else:
            header = PLATFORM_HEADER if platform else STANDARD_HEADER
        return (header + "---\n".join(self.text(item) for item in manifest.objects)).encode()

    def text(self, value: Any) -> str:
        """Return a value as one document of YAML."""
        lines: list[str] = []
        if type(value) is dict and value:
            self._mapping(value, "", lines, "")
        elif type(value) is list and value:
            self._sequence(value, "", lines, "")
        else:
            lines.append(self._inline(value))
        return "\n".join(lines) + "\n"

    def _mapping(self, value: dict[str, Any], indent: str, lines: list[str], first: str) -> None:
        """`first` stands before the first key instead of the indentation: a list's dash."""
        texts = self._texts
        start = first or indent
        for key, item in value.items():
            name = start + texts[key]
            start = indent
            if type(item) is str:
                lines.append(f"{name}: {texts[item]}")
            elif type(item) is dict and item:
                lines.append(f"{name}:")
                self._mapping(item, indent + "  ", lines, "")
            elif type(item) is list and item:
                lines.append(f"{name}:")
                self._sequence(item, indent + "  ", lines, "")
            else:
                lines.append(f"{name}: {self._inline(item)}")

    def _sequence(self, value: list[Any], indent: str, lines: list[str], first: str) -> None:
        start = first or indent
        for item in value:
            if type(item) is str:
                lines.append(f"{start}- {self._texts[item]}")
            elif type(item) is dict and item:
                self._mapping(item, indent + "  ", lines, start + "- ")
            elif type(item) is list and item:
                self._sequence(item, indent + "  ", lines, start + "- ")
            else:
                lines.append(f"{start}- {self._inline(item)}")
            start = indent

    def _inline(self, value: Any) -> str:
        if isinstance(value, str):
            return self._texts[value]
        if type(value) in _UNQUOTED_KINDS:
            return _UNQUOTED_KINDS[type(value)](value)
        return {"{}": "{}", "[]": "[]"}[repr(value)]
