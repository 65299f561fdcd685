"""Characters that an index can hold: NFC, one kind of newline, no NUL, no half of a surrogate pair."""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "\ufffd"
_MOST_MARKS = 30  # after one character; Unicode's Stream-Safe Text Format has the same bound
_NO_LATIN = re.compile(rf"[^\x00-\u02ff]{{{_MOST_MARKS + 1},}}")


def whole(text: str) -> str:
    """Return the text with U+FFFD for each half of a surrogate pair: parsers give some, and no store takes them."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


# Letters that typesetters join: words are searched for by their letters. https://www.unicode.org/charts/PDF/UFB00.pdf
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}


def letters(text: str) -> str:
    """Return the text with joined letters parted, and without hyphens that show only where a line breaks."""
    return text if text.isascii() else text.translate(_LIGATURES).replace("\u00ad", "")


def normalised(text: str) -> str:
    """Return the text in NFC, with newlines as \\n, without byte order marks and NUL.

    Files that were joined hold a mark within: before a heading, it would hide it.
    """
    return nfc(letters(text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")))


def nfc(text: str) -> str:
    """Return the text in NFC, or as it is where more marks follow one character than any script has.

    Python sorts the marks of a character by inserting each into its place: 100,000 of them take a minute.
    """
    for run in _NO_LATIN.finditer(text):
        marks = 0
        for character in run[0]:
            marks = marks + 1 if unicodedata.combining(character) else 0
            if marks > _MOST_MARKS:
                return text
    return unicodedata.normalize("NFC", text)


_PRIVATE = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\U000f0000-\U0010fffd]")


def private(text: str) -> int:
    """Return how many characters are controls or of a private use area: a PDF's font without Unicode gives such."""
    return 0 if text.isascii() and text.isprintable() else len(_PRIVATE.findall(text))
