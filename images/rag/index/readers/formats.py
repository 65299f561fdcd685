"""Which reader reads which media type, and what holds for every format."""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.utils import collapse_rfc2231_value
from importlib import metadata
from typing import Any

from index.readers import docx, epub, html, jsonl, mail, markdown, opendocument, pdf, plain, pptx, sheet
from index.readers.characters import REPLACEMENT, normalised, private, whole
from index.readers.encoding import decoded
from index.readers.section import Note, Section, Title, Unreadable
from index.readers.signature import signature

MEDIA = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".rst": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".pdf": "application/pdf",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".epub": "application/epub+zip",
    ".eml": "message/rfc822",
}
# Other forms of the same formats: with macros, templates, shows.
_FORMS = {
    ".docx": {
        ".docm": "application/vnd.ms-word.document.macroenabled.12",
        ".dotx": "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
        ".dotm": "application/vnd.ms-word.template.macroenabled.12",
    },
    ".pptx": {
        ".pptm": "application/vnd.ms-powerpoint.presentation.macroenabled.12",
        ".potx": "application/vnd.openxmlformats-officedocument.presentationml.template",
        ".potm": "application/vnd.ms-powerpoint.template.macroenabled.12",
        ".ppsx": "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
        ".ppsm": "application/vnd.ms-powerpoint.slideshow.macroenabled.12",
    },
    ".xlsx": {
        ".xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
        ".xltx": "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
        ".xltm": "application/vnd.ms-excel.template.macroenabled.12",
        ".xlsb": "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    },
    ".odt": {".ott": "application/vnd.oasis.opendocument.text-template"},
    ".odp": {".otp": "application/vnd.oasis.opendocument.presentation-template"},
    ".ods": {".ots": "application/vnd.oasis.opendocument.spreadsheet-template"},
}
MEDIA |= {suffix: MEDIA[base] for base, forms in _FORMS.items() for suffix in forms}
# What servers and object stores say of what they do not know.
_UNKNOWN = {"application/octet-stream", "binary/octet-stream", "application/x-binary", "application/unknown"}
_SYNONYMS = {
    "application/xhtml+xml": "text/html",
    "text/x-markdown": "text/markdown",
    "text/x-rst": "text/plain",
    "application/x-ndjson": "application/jsonl",
    "application/x-jsonlines": "application/jsonl",
    "application/jsonlines": "application/jsonl",
    "application/x-pdf": "application/pdf",
}
_SYNONYMS |= {media: MEDIA[base] for base, forms in _FORMS.items() for media in forms.values()}
TEXTS: dict[str, Callable[[str], Iterator[Section | Title | Note]]] = {
    "text/plain": plain.read,
    "text/markdown": markdown.read,
    "text/html": html.read,
    "application/jsonl": jsonl.read,
}
BINARIES: dict[str, Callable[[bytes], Iterator[Section | Title | Note]]] = {
    "application/pdf": pdf.read,
    MEDIA[".docx"]: docx.read,
    MEDIA[".pptx"]: pptx.read,
    MEDIA[".xlsx"]: sheet.read,
    MEDIA[".xls"]: sheet.read,
    MEDIA[".ods"]: sheet.read,
    MEDIA[".odt"]: opendocument.read,
    MEDIA[".odp"]: opendocument.read,
    MEDIA[".epub"]: epub.read,
    MEDIA[".eml"]: mail.read,
}
# The libraries by which text comes out: another version may read the same bytes as other text.
_LIBRARIES = ("charset-normalizer", "lxml", "markdown-it-py", "pypdfium2", "python-calamine", "python-docx")
_LIBRARIES += ("python-pptx", "selectolax", "xlrd")
VERSION = 10  # of what is written here; raised when the same bytes would give other text
LONGEST_TITLE = 300  # characters
# A letter of UTF-8 as two or three of Windows-1252: a first byte, and then what no word has behind that letter.
_SECOND = "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122"
_MANGLED = re.compile(f"[\u00c2-\u00c5\u00ce-\u00d1][{_SECOND}]|\u00e2[{_SECOND}]{{2}}")
_MANY_LOST = 0.05  # of the characters; text with so many U+FFFD was decoded wrongly before it came here


@dataclass
class Contents:
    """A document as read.

    Attributes:
        sections: in reading order, each with text.
        notes: what was lost or guessed, for the document's owner; where there are no sections, why.
        title: the document's own; "" where it has none.
    """

    sections: list[Section] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    title: str = ""


@functools.cache
def version() -> dict[str, Any]:
    """Return what the text of a document follows from beside its bytes."""
    return {"readers": VERSION, **{name: metadata.version(name) for name in _LIBRARIES}}


def media_type(media: str, uri: str) -> str:
    """Return the media type that a source gives for a document, or the one that its suffix says; "" for neither."""
    given = "" if _kind(media) in _UNKNOWN else media
    return given or MEDIA.get(posixpath.splitext(uri)[1].lower(), media)


def readable(media: str) -> bool:
    """Return whether there is a reader for a media type, whatever its parameters."""
    kind, _ = parsed(media)
    return kind in TEXTS or kind in BINARIES


def read(data: bytes, media: str, most: int = 16 << 20) -> Contents:
    """Read a document.

    Args:
        data: the file's bytes.
        media: its media type, whose `charset` is honoured.
        most: bytes of text that it may hold, as UTF-8, each section with its heading.

    Raises:
        Unreadable: the media type is unknown, the bytes are not of that type, or the text is too long.
    """
    contents, left = Contents(), most
    for piece in _with_bare_headings(_pieces(data, media)):
        if isinstance(piece, Note):
            contents.notes.append(piece.text)
            continue
        if isinstance(piece, Title):
            contents.title = contents.title or " ".join(_clean(piece.text).split())[:LONGEST_TITLE]
            continue
        section = Section(_clean(piece.heading.strip()), _clean(piece.text).strip("\n"), _clean(piece.header))
        left -= len(section.heading.encode()) + len(section.text.encode())
        if left < 0:
            raise Unreadable(f"it holds more than {most >> 20} MiB of text, the most of a document; split the document")
        if section.text.strip(f" \t\n{REPLACEMENT}") or (section.text.strip() and contents.sections):
            contents.sections.append(section)
    _judge_characters(data, contents)
    return contents


def _clean(text: str) -> str:
    """Return text as an index holds it, wherever it came from: an entity or an escape may stand for any character."""
    return normalised(whole(text))


def _with_bare_headings(pieces: Iterator[Section | Title | Note]) -> Iterator[Section | Title | Note]:
    """Yield the pieces; a heading that has neither text nor headings under it becomes text, since no chunk has it."""
    bare = ""
    with_text: set[str] = set()
    for piece in pieces:
        if isinstance(piece, Section):
            heading = piece.heading.strip()
            if bare and not f"{piece.heading} > ".startswith(f"{bare} > "):
                above, _, title = bare.rpartition(" > ")
                yield Section(above, title)
            if piece.text.strip():
                with_text.add(heading)
            bare = "" if heading in with_text else heading
        yield piece
    if bare:
        above, _, title = bare.rpartition(" > ")
        yield Section(above, title)


def _pieces(data: bytes, media: str) -> Iterator[Section | Title | Note]:
    kind, charset = parsed(media)
    if kind in BINARIES:
        yield from BINARIES[kind](data)
        return
    if kind not in TEXTS:
        names = ", ".join(sorted({*TEXTS, *BINARIES}))
        raise Unreadable(f"unsupported media type {media!r}; use one of {names}")
    if other := signature(data):
        raise Unreadable(f"it is {other}, not {kind}; give its media type, or leave it out of the source")
    text, note = decoded(data, charset, kind)
    if note:
        yield Note(note)
    yield from TEXTS[kind](normalised(text))


def parsed(media: str) -> tuple[str, str]:
    """Return the type and the charset of a media type such as `Text/HTML; charset="utf-8"`."""
    header = Message()
    header["Content-Type"] = media
    kind = _kind(media)
    charset = collapse_rfc2231_value(header.get_param("charset", "") or "")
    return _SYNONYMS.get(kind, kind), charset


def _kind(media: str) -> str:
    return media.partition(";")[0].strip().lower()


def _judge_characters(data: bytes, contents: Contents) -> None:
    """Say why there is no text, or that much of it was lost before it came here."""
    if not contents.sections:
        if not contents.notes:
            blank = not data.strip(b" \t\r\n\0\xef\xbb\xbf")
            lost = REPLACEMENT.encode() in data
            contents.notes.append("it is empty" if blank else f"it holds {'only U+FFFD' if lost else 'no text'}")
        return
    texts = [section.text for section in contents.sections]
    lost, count = sum(text.count(REPLACEMENT) for text in texts), sum(map(len, texts))
    if lost > max(3, _MANY_LOST * count) and not any("U+FFFD" in note for note in contents.notes):
        contents.notes.append(f"{lost} of its {count} characters are U+FFFD: its encoding was lost before it came here")
    mangled = [letter for text in texts if not text.isascii() for letter in _MANGLED.findall(text)]
    beyond_ascii = sum(len(text) - len(text.encode("ascii", "ignore")) for text in texts) if len(mangled) > 3 else 0
    if 4 * len("".join(mangled)) > 3 * beyond_ascii > 0:
        cause = "look like UTF-8 that was read as Windows-1252 before it came here"
        contents.notes.append(f"{len(mangled)} characters of it, such as {mangled[0]}, {cause}")
    unknown = sum(map(private, texts))
    if unknown > max(3, _MANY_LOST * count):
        contents.notes.append(
            f"{unknown} of its {count} characters have no meaning outside its own fonts: what they show is not read"
        )
