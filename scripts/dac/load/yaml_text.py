"""Bytes to text that a person, an editor and every YAML reader see alike; anything else is a finding."""

from __future__ import annotations

from dac.model import Finding, Location


def decode(data: bytes, file: str) -> tuple[str | None, list[Finding]]:
    """Return the file's text, or the findings that say why it has none."""
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
            _place(text, index, file),
            "yaml.unseen_character",
            f"character U+{ord(text[index]):04X} cannot be seen and reads differently from tool to tool",
            "remove it, or write it as an escape in double quotes",
        )
        for index in _unseen(text)
    ]
    return (None, findings) if findings else (text, [])


def _unseen(text: str) -> list[int]:
    """Where characters stand that a person does not see or an editor does not count.

    Control and format characters, odd spaces and line breaks, a lone carriage return, a byte order mark inside, and
    marks that turn the direction of text, with which a reviewer can be shown other words than are read.
    """
    seen = text.replace("\r\n", "\n").replace("\n", "").replace("\t", "")
    if seen.isprintable():
        return []
    return [
        index
        for index, sign in enumerate(text)
        if not sign.isprintable() and sign not in "\n\t" and not (sign == "\r" and text[index + 1 : index + 2] == "\n")
    ]


def _place(text: str, index: int, file: str, *, whole: bool = False) -> Location:
    before = text if whole else text[:index]
    return Location(file, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
