"""What sprig's functions of text do where Python's own do otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dac.run.argo import gotext
from dac.run.argo.expression.lexer import ExpressionError

_WHITE = "\t\n\v\f\r \x85\xa0"  # unicode.IsSpace in Latin-1


def substr(start: int, end: int, text: str) -> str:
    """Return the bytes from `start` to before `end`; to the last where `end` is negative."""
    raw = text.encode()
    first, last = (0, end) if start < 0 else (start, len(raw) if end < 0 or end > len(raw) else end)
    if not first <= last <= len(raw):
        raise ExpressionError("runtime error: slice bounds out of range")
    return lossy(raw[first:last])


def trunc(count: int, text: str) -> str:
    """Return the first `count` bytes, or the last where it is negative."""
    raw = text.encode()
    if count < 0 and len(raw) + count > 0:
        return lossy(raw[len(raw) + count :])
    return lossy(raw[:count]) if 0 <= count < len(raw) else text


def split(separator: str, count: int, text: str) -> dict[str, str]:
    """`split` and `splitn`: the parts, no more than `count`, by `_0`, `_1` ...; its characters without a separator."""
    if separator:
        parts = text.split(separator, count - 1) if count else []
    else:
        parts = [*text[: count - 1], text[count - 1 :]] if 0 < count < len(text) else list(text) if count else []
    return {f"_{index}": part for index, part in enumerate(parts)}


def lossy(raw: bytes) -> str:
    """Return bytes as text; each that is of no character is a character of its own, as where Go ranges over them."""
    return re.sub("[\udc80-\udcff]", "\ufffd", raw.decode(errors="surrogateescape"))


def indent(count: int, text: str) -> str:
    """Return the text with each line moved to the right."""
    return " " * count + text.replace("\n", "\n" + " " * count)


def quoted(*values: Any) -> str:
    """Return each value in quotes, those that are nil left out."""
    return " ".join('"' + gotext.quote(gotext.text(value)) + '"' for value in values if value is not None)


def mapped(text: str, case: Callable[[str], str]) -> str:
    """Map as `unicode.ToUpper` and the like do: a character for a character, so that none becomes two."""
    return "".join(new if len(new := case(char)) == 1 else char for char in text)


def nospace(text: str) -> str:
    """Remove white space as `goutils.DeleteWhiteSpace` does: by bytes, so that other scripts break there."""
    chars = [chr(byte) for byte in text.encode()]
    kept = [char for char in chars if char not in _WHITE]
    return "".join(kept) if len(kept) < len(chars) else text


def title(text: str) -> str:
    """Raise as `strings.Title` does the first letter of each word, where letters, digits and `_` are of a word."""
    former, parts = " ", []
    for char in text:
        parts.append(mapped(char, str.title) if _separates(former) else char)
        former = char
    return "".join(parts)


def _separates(char: str) -> bool:
    if char.isascii():
        return not (char.isalnum() or char == "_")
    return char.isspace()
