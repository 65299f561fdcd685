"""Bytes as characters: by a byte order mark, then as declared, then as UTF-8, then by a guess that is told."""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import TYPE_CHECKING

from index.readers.characters import REPLACEMENT
from index.readers.labels import codec_of
from index.readers.section import Unreadable

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch, CharsetMatches

# The longest first: UTF-32's little-endian mark begins with UTF-16's.
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_META = re.compile(rb"""<meta\s[^>]{0,500}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})""", re.I)
_XML = re.compile(rb"""^\s{0,99}<\?xml\s[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})""", re.I)
_SNIFFED = 4096  # bytes of a page in which its declaration stands; browsers look at 1,024
_GUESSES = ["cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "koi8_r"]
_GUESSES += ["cp932", "euc_jp", "gb18030", "big5", "cp949", "cp874", "iso8859_2", "iso8859_5", "iso8859_7", "cp437"]
_GUESSES += ["mac_roman", "johab", "iso2022_jp"]
_LATIN = {"cp1250", "cp1254", "cp1257", "cp1258", "iso8859_2", "cp437", "mac_roman"}
# Any bytes are text in these, and servers declare them where they know none: what is valid UTF-8 is so by no accident.
_SINGLE = {*(f"cp{page}" for page in (437, 850, *range(1250, 1259))), *(f"iso8859-{part}" for part in range(1, 17))}
_SINGLE |= {"koi8-r", "koi8-u", "mac-roman"}
_ESCAPES = {b"\x1b$B": "iso2022_jp", b"\x1b$@": "iso2022_jp", b"\x1b$)C": "iso2022_kr"}
_WINDOW = 1 << 16  # bytes by which an encoding is guessed
_CONTROLS = bytes(set(range(32)) - {8, 9, 10, 12, 13, 27}) + b"\x7f"
_ASCII = bytes(range(128))
_ACCIDENT = 8  # bytes past ASCII; that so many of another encoding are valid UTF-8 happens once in thousands of texts
_WIDE = ("utf-16", "utf-32")
_SHORTEST = 8  # characters by which UTF-16 is told from binary data


def decoded(data: bytes, declared: str = "", kind: str = "text/plain") -> tuple[str, str]:
    """Return a document's text, and what its owner should know of how it was decoded.

    Args:
        data: its bytes.
        declared: the charset of its media type; "" for none.
        kind: its media type; an HTML page may declare its charset itself.

    Returns:
        The text, U+FFFD for each byte that could not be decoded, and a note, "" where nothing was lost or guessed.

    Raises:
        Unreadable: the bytes are binary, or in no encoding that is known.
    """
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return _lossy(data[len(mark) :], name)
    complaint, labels = "", [declared, _inside(data) if kind == "text/html" else ""]
    if codec := next((codec for mark, codec in _ESCAPES.items() if mark in data and data.isascii()), ""):
        return _escaped(data, codec, next(filter(None, labels), ""))
    for label in labels:
        codec = codec_of(label)
        if (text := _rather_utf8(data, codec)) is not None:
            return text, f"it declares the charset {label!r}, and is UTF-8: read as that"
        if codec and not codec.startswith(_WIDE) and 0 in data[:_WINDOW]:
            if wide := _wide(data, _strict(data, "utf-8") is not None):
                return wide, f"it declares the charset {label!r}, and is UTF-16: read as that"
            _refuse_binary(data)  # any bytes are characters of some encodings
        if codec and (text := _as_declared(data, codec)) is not None:
            return text, complaint
        if label and not complaint:
            complaint = f"it declares the charset {label!r}, which {'it is not in' if codec else 'is unknown'}"
    text, note = _undeclared(data)
    return text, "; ".join(filter(None, [complaint, note]))


def _rather_utf8(data: bytes, codec: str) -> str | None:
    """Return the text where a declaration of another encoding is wrong, and the bytes are UTF-8; else None."""
    if codec.startswith(_WIDE):
        by_accident = b"\0" in data  # in UTF-16 a space or a line's end has one
    else:
        by_accident = len(data.translate(None, _ASCII)) < (1 if codec in _SINGLE else _ACCIDENT)
    return None if not codec or codec.startswith("utf-8") or by_accident else _strict(data, "utf-8")


def _as_declared(data: bytes, codec: str) -> str | None:
    """Return the text; of UTF-16 and UTF-32 in the order of bytes that gives characters, the declared one first."""
    if not codec.startswith(_WIDE):
        return _strict(data, codec)
    orders = [codec[:6] + "-le", codec[:6] + "-be"]
    orders = orders[::-1] if codec.endswith("-be") else orders
    texts = [text for each in orders if (text := _strict(data, each)) is not None]
    return next((text for text in texts if _plausible(text)), texts[0] if texts else None)


def _undeclared(data: bytes) -> tuple[str, str]:
    if (text := _strict(data, "utf-8")) is not None and "\0" not in text[:_WINDOW]:
        return text, ""
    if wide := _wide(data, text is not None):
        return wide, "no encoding is declared; read as UTF-16, a guess"
    _refuse_binary(data)
    if halves := _with_halves(data):
        return halves
    text, note = _lossy(data, "utf-8")
    lost = text.count(REPLACEMENT)
    # Letters of another encoding seldom make valid UTF-8: where most do, the text is UTF-8 with a few bytes torn.
    if not lost or sum(1 for character in text if character > "\x7f") > 2 * lost:
        return text, note
    return _guessed(data)


def _escaped(data: bytes, codec: str, label: str) -> tuple[str, str]:
    """Return the text of an encoding of seven bits: its bytes are valid UTF-8, and no text of it."""
    note = f"it declares the charset {label!r}, and is {codec}: read as that" if label else ""
    note = "" if codec_of(label) == codec else note or f"no encoding is declared; read as {codec}, a guess"
    newer = data.replace(b"\x1b$B", b"\x1b$(Q")  # with characters that programs used before the standard had them
    text = _strict(newer, "iso2022_jp_2004") if _strict(data, codec) is None and newer != data else None
    text, lost = (text, "") if text is not None else _lossy(data, codec)
    return text, "; ".join(filter(None, [note, lost]))


def _guessed(data: bytes) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    # Without its look into the language short texts of one line come out as some code page of the 1980s.
    matches = from_bytes(_excerpt(data), cp_isolation=_GUESSES, threshold=0.3, enable_fallback=False)
    best = _with_kana(matches) or matches.best()
    if best is None:
        raise Unreadable("its encoding is not UTF-8 and cannot be told; declare it in the media type (charset=...)")
    name = best.encoding
    common = next((match for match in matches if match.encoding == "cp1252"), None)
    # The commonest of the Latin code pages, where its text is as plausible as the best one's.
    if name in _LATIN and ("cp1252" in best.could_be_from_charset or (common and common.chaos <= best.chaos)):
        name = "cp1252"
    text, note = _lossy(data, name)
    guess = f"it is not UTF-8; read as {name}, a guess"
    return text, "; ".join(filter(None, [guess, note]))


def _with_kana(matches: CharsetMatches) -> CharsetMatch | None:
    """Return the match whose text is Japanese: no text of another language has so many kana by chance."""
    for match in matches:
        text = str(match)
        letters = [character for character in text if character > "\x7f"]
        kana = sum(1 for character in letters if "\u3041" <= character <= "\u30ff")
        jamo = sum(1 for character in letters if "\u3131" <= character <= "\u318e")
        if kana > len(letters) // 4 and not jamo:
            return match
    return None


def _excerpt(data: bytes) -> bytes:
    """Return what says most about an encoding: lines that are not ASCII, up to the window."""
    lines, size = [], 0
    for line in data.splitlines(keepends=True):
        if not line.isascii():
            lines.append(line[:_WINDOW])
            size += len(line)
            if size > _WINDOW:
                break
    return b"".join(lines)[:_WINDOW]


def _inside(data: bytes) -> str:
    """Return the charset that a page declares, as ASCII can be read in every encoding it may declare so."""
    head = data[:_SNIFFED]
    match = _XML.search(head) or _META.search(head)
    label = match[1].decode("ascii", "replace") if match else ""
    return "" if label.lower().startswith("utf-16") else label  # it was read as ASCII, and so is not in UTF-16


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeError:
        return None


def _with_halves(data: bytes) -> tuple[str, str] | None:
    """Return UTF-8 that a program made of UTF-16 unit by unit: two halves are a character, one alone is lost."""
    if b"\xed" not in data:
        return None
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeError:
        return None
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined, _lost(joined.count(REPLACEMENT), "UTF-8")


def _lost(count: int, codec: str) -> str:
    if not count:
        return ""
    if count == 1:
        return f"1 place in it is not valid {codec} and stands as U+FFFD"
    return f"{count} places in it are not valid {codec} and stand as U+FFFD"


def _lossy(data: bytes, codec: str) -> tuple[str, str]:
    if (text := _strict(data, codec)) is not None:
        return text, ""
    text = data.decode(codec, "replace")
    return text, _lost(text.count(REPLACEMENT), codec.upper())


def _wide(data: bytes, utf8: bool) -> str:
    """Return the text of UTF-16 without a byte order mark; "" where it is something else.

    Args:
        data: the bytes.
        utf8: whether they are valid UTF-8, as UTF-16 of some scripts is.
    """
    sample = data[: _WINDOW & ~1]
    if len(data) % 2 or len(data) < 4 or 0 not in sample:
        return ""
    # Texts parted by NUL; in UTF-16 they hold the controls that are the halves of other scripts' letters.
    parted = utf8 and _controls(sample.replace(b"\0", b"")) <= len(sample) // 64
    for codec, half in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        other = sample[::2] if codec == "utf-16-le" else sample[1::2]
        latin = half.count(0) > len(half) * 0.4 and other.count(0) < len(other) * 0.05
        if (latin or not parted) and (text := _strict(data, codec)) is not None and (latin or _plausible(text)):
            return text
    return ""


def _refuse_binary(data: bytes) -> None:
    sample = data[:_WINDOW]
    if _controls(sample) > len(sample) // 64:
        raise Unreadable("it is binary data, not text")


def _controls(data: bytes) -> int:
    return len(data) - len(data.translate(None, _CONTROLS))


def _plausible(text: str) -> bool:
    """Return whether UTF-16 was read in the right order of bytes: no character is strange, and a few are ASCII."""
    sample = text[: _WINDOW >> 1]
    strange = sum(1 for each in sample if unicodedata.category(each) in ("Cc", "Cn", "Co") and each not in "\t\n\r\f")
    common = sum(1 for each in sample if each.isascii())
    return len(sample) >= _SHORTEST and strange <= len(sample) // 500 and common * 100 >= len(sample)
