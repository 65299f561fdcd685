"""Text from outside as one line that a terminal, a log and a CI runner show as it is, and act on in no way."""

from __future__ import annotations

import re
from collections.abc import Callable

# Characters that are printable by their class, and yet leave no ink: fillers, joiners, variation selectors.
_FILLERS = (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x2D7F, 0x3164, 0xFFA0, 0x1107F, 0x16FE4, 0x1D159)
_INVISIBLE = frozenset([*_FILLERS, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
# What GitHub's runner (`##[error]`, anywhere in a line) and Azure's (`##vso[`) take for a command of a step.
_COMMAND = re.compile(r"#(?=#\w*\[)")
_BREAK = re.compile(r"\r\n|\n|\r")
_KEYWORD = "::"  # a line that begins with it is a command to GitHub's runner


def printable(text: str) -> str:
    r"""Return text on one line, with `\x1b` and the like in place of what cannot be seen or could act.

    Escaped are control characters, line breaks, marks that turn the direction of text, lone surrogates (the bytes of a
    file's name that are not UTF-8), invisible characters, and what a CI runner would take for a command.
    """
    if not text.isprintable() or not text.isascii():
        text = "".join(sign if _is_seen(sign) else _escaped(ord(sign)) for sign in text)
    if "##" in text:
        text = _COMMAND.sub(r"\\x23", text)
    if text.lstrip().startswith(_KEYWORD):
        text = text.replace(":", r"\x3a", 1)
    return text


def json_printable(document: str) -> str:
    """Return a JSON document, indented or not, with JSON's own escapes in place of what `printable` escapes."""
    if not document.isascii() or "\x7f" in document:
        document = "".join(sign if sign == "\n" or _is_seen(sign) else _json_escaped(ord(sign)) for sign in document)
    return _COMMAND.sub(r"\\u0023", document) if "##" in document else document


def log_lines(text: str) -> tuple[str, ...]:
    """Return a log's lines: str.splitlines cuts JSON also at U+2028 and the like, which titles of documents hold."""
    return tuple(_BREAK.split(text.removesuffix("\n"))) if text else ()


def shortened(text: str, limit: int, shown: Callable[[str], str] = str) -> str:
    """Return `shown` of the text; of a text longer than `limit`, of its beginning, with the count of what is left out.

    Args:
        text: the whole.
        limit: the most characters of it that are shown.
        shown: puts the part into quotes, for example.
    """
    rest = len(text) - limit
    if rest <= 0:
        return shown(text)
    return f"{shown(text[:limit] + '...')} ({rest} more {'character' if rest == 1 else 'characters'})"


def _is_seen(sign: str) -> bool:
    return sign.isprintable() and ord(sign) not in _INVISIBLE


def _escaped(code: int) -> str:
    short = {0x09: r"\t", 0x0A: r"\n", 0x0D: r"\r"}.get(code)
    return short or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def _json_escaped(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
