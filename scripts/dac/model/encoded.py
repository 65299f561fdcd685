"""What base64 in a text stands for, and the values of the Secrets that are written in it."""

from __future__ import annotations

import binascii
import re
from collections.abc import Container, Iterator
from itertools import pairwise

# A word, or a block of lines of one word each, of which the last may be short. Both alphabets: the common one, and the
# one for addresses.
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}"
    r"(?:(?:\r?\n[ \t]{0,40}[A-Za-z0-9+/_-]{16,})+(?:\r?\n[ \t]{0,40}[A-Za-z0-9+/_-]{1,15}(?==|[ \t]*\r?$))?)?={0,2}",
    re.MULTILINE,
)
_LEFT_OUT, _ALPHABET = re.compile(r"[\s=]+"), str.maketrans("-_", "+/")
# A user's name and password for a server, as HTTP, Docker and npm write them.
_PAIR = re.compile(
    r"""(?:\bbasic\s{1,9}|\b_?auth["']?\s{0,9}[:=]\s{0,9})["']?(?P<value>[A-Za-z0-9+/_-]{6,}={0,2})(?![^\s"',;}\])])""",
    re.IGNORECASE,
)
_SECRET = re.compile(r"""^[ \t-]{0,40}["']?kind["']?[ \t]*:[ \t]*["']?Secret\b["']?[ \t\r]*(?:$|[,}#])""", re.MULTILINE)
_JSON_SECRET = re.compile(r"""["']?kind["']?\s{0,9}:\s{0,9}["']Secret["']""")
_DATA = re.compile(r"""^(?P<indent>[ \t]*)["']?(?:data|stringData)["']?[ \t]*:[ \t]*(?:[!&#].*)?\r?$""", re.MULTILINE)
_FLOW_DATA = re.compile(r"""["']?\b(?:data|stringData)["']?\s{0,9}:\s{0,9}(?P<values>\{[^{}]{0,100000})\}""")
_VALUE = re.compile(
    r"""(?:^[ \t]+|[{,]\s{0,99})["']?[\w.-]{1,253}["']?[ \t]{0,9}:[ \t]{0,9}
        (?:[>|][+-]?[ \t]*\r?\n[ \t]*)?["']?(?P<value>[^\s"',{}][^"',{}\r\n]{3,})""",
    re.MULTILINE | re.VERBOSE,
)
_DOCUMENT_END = re.compile(r"^---", re.MULTILINE)
_NO_SECRET = re.compile(r"\$[({].*|\{\{.*|<.*>|x+")


def decodings(text: str, harmless: Container[str] = ()) -> Iterator[tuple[int, int, str]]:
    """Yield each part of a text that could be base64: its start, its end, and what it stands for, a character a byte.

    A part is read from each of its first four characters, since what stands before it may be of the same alphabet.
    Those that are `harmless` are left out.
    """
    for match in _BASE64.finditer(text):
        if match[0].islower() or match[0].isupper():  # a name, a path or a digest: base64 of a text has both cases
            continue
        if match[0] in harmless:
            continue
        sextets = _LEFT_OUT.sub("", match[0]).translate(_ALPHABET)
        for offset in range(4):
            whole = sextets[offset : len(sextets) - (len(sextets) - offset) % 4]
            rest = sextets[offset + len(whole) :]
            if len(rest) > 1:
                whole += rest + "=" * (4 - len(rest))
            # Without its zero bytes, UTF-16 reads as ASCII.
            yield match.start(), match.end(), binascii.a2b_base64(whole).replace(b"\0", b"").decode("latin-1")


def pairs(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a user's name and password stand in base64."""
    lower = text.lower()
    for match in _PAIR.finditer(text) if "basic" in lower or "auth" in lower else ():
        word = match["value"].rstrip("=").translate(_ALPHABET)
        if len(word) % 4 == 1:
            continue
        name, colon, password = binascii.a2b_base64(word + "=" * (-len(word) % 4)).decode("latin-1").partition(":")
        if colon and password and f"{name}{password}".isprintable() and f"{name}{password}".isascii():
            yield match.span("value")


def secret_values(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the values of a Secret's `data` or `stringData` stand, whatever they stand for."""
    if "Secret" not in text:
        return
    ends = [0, *(match.start() for match in _DOCUMENT_END.finditer(text)), len(text)]
    for start, end in pairwise(ends):
        if not (_SECRET.search(text, start, end) or _JSON_SECRET.search(text, start, end)):
            continue
        for first, last in _data(text, start, end):
            for match in _VALUE.finditer(text, first, last):
                if not _NO_SECRET.fullmatch(match["value"]):
                    yield match.span("value")


def _data(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in _FLOW_DATA.finditer(text, start, end):
        yield match.span("values")
    while heading := _DATA.search(text, start, end):
        below = re.compile(rf"(?:[ \t]*\r?\n|{heading['indent']}[ \t]+\S.*(?:\n|\Z))*").match(
            text, heading.end() + 1, end
        )
        if below:
            yield below.span()
        start = max(heading.end(), below.end() if below else 0)
