"""Bytes to text that a person, an editor and every YAML reader see alike; anything else is a finding."""

from __future__ import annotations

import re

from dac.model import Finding, Location

# Beside control characters: line breaks that editors do not count (NEL, LS, PS, a lone carriage return), a byte order
# mark inside, and marks that turn the direction of text, with which a reviewer can be shown other code than is run.
_UNSEEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    "|\r(?!\n)|[\u2028\u2029\ufeff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def decode(data: bytes, file: str) -> tuple[str | None, list[Finding]]:
    """The file's text, or the findings that say why it has none."""
    if data.startswith(b"\xef\xbb\xbf"):
        return None, [
            Finding(
                Location(file),
                "yaml.byte_order_mark",
                "the file begins with a byte order mark",
                "save it as UTF-8 without one",
            )
        ]
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        place = _place(data[: error.start].decode(), error.start, file, whole=True)
        return None, [
            Finding(place, "yaml.not_utf8", f"byte 0x{data[error.start]:02x} is not UTF-8", "save the file as UTF-8")
        ]
    findings = [
        Finding(
            _place(text, match.start(), file),
            "yaml.unseen_character",
            f"character U+{ord(match[0]):04X} cannot be seen and reads differently from tool to tool",
            "remove it, or write it as an escape in double quotes",
        )
        for match in _UNSEEN.finditer(text)
    ]
    return (None, findings) if findings else (text, [])


def _place(text: str, index: int, file: str, *, whole: bool = False) -> Location:
    before = text if whole else text[:index]
    return Location(file, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
