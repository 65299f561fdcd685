"""PDF by PDFium: a section a page, words made whole again where lines or typesetting parted them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from index.readers.characters import letters, nfc
from index.readers.columns import ordered
from index.readers.section import Note, Section, Unreadable

# PDFium gives U+0002 or U+FFFE for a hyphen at a line's end.
_BROKEN = re.compile(r"([^\W\d_]{2,40})(?:[\x02\ufffe]\s?|[-\u2010\u00ad][ \t]?\n)[ \t]?([^\W\d_A-Z]{1,40})")
_HYPHENATED = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?:-[^\W\d_]++)+")
_NAMED = 12  # ranges of pages that a note names at most


def read(data: bytes) -> Iterator[Section | Note]:
    """Yield a section a page, under the outline's entry that leads to it, else under the page's number.

    Raises:
        Unreadable: it is not a PDF, or is protected by a password.
    """
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(data)
        document.init_forms()
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable("it is protected by a password") from error
        raise Unreadable(f"invalid PDF: {error}") from error
    outline, heading = _outline(document), ""
    texts: set[str] = set()
    blank = []
    for number in range(1, len(document) + 1):
        heading = outline.get(number - 1, heading)
        text = _page(document, number - 1)
        if not text.strip():
            blank.append(number)
        elif text not in texts:  # a page that comes once more says nothing new, and may be named a million times
            texts.add(text)
            yield Section(f"{heading} > page {number}" if heading else f"page {number}", text)
    if blank:
        yield Note(_blank(blank, len(document)))


def _blank(blank: list[int], count: int) -> str:
    """Return which pages have no text."""
    if len(blank) == count:
        return f"its {count} page{'s' * (count > 1)} hold no text: pictures, such as a scan's, are not read"
    ranges: list[list[int]] = []
    for number in blank:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][-1:] = [number] if len(ranges[-1]) > 1 else [ranges[-1][0], number]
        else:
            ranges.append([number])
    names = ", ".join(" to ".join(map(str, each)) for each in ranges[:_NAMED])
    more = f" and {len(ranges) - _NAMED} ranges more" if len(ranges) > _NAMED else ""
    return f"{len(blank)} of its {count} pages hold no text ({names}{more}): pictures, such as a scan's, are not read"


def _page(document: Any, index: int) -> str:
    import pypdfium2 as pdfium

    try:
        page = document[index]
        if document.formenv or pdfium.raw.FPDFPage_GetAnnotCount(page):
            # The values of a form, and notes that are set on the page, become text of the page.
            pdfium.raw.FPDFPage_Flatten(page, pdfium.raw.FLAT_NORMALDISPLAY)
            page = document[index]
        text = ordered(page.get_textpage())
    except pdfium.PdfiumError as error:
        raise Unreadable(f"invalid PDF: page {index + 1}: {error}") from error
    text = letters(nfc(text.replace("\r\n", "\n").replace("\r", "\n")))
    return _joined(text).replace("\x02", "-").replace("\ufffe", "-").replace("\0", "")


def _joined(text: str) -> str:
    """Return the text with words whole that were broken at a line's end; one that has its hyphen elsewhere keeps it."""
    elsewhere = "\n".join(_HYPHENATED.findall(text))  # searched for each broken word: the whole text would be too long

    def whole(match: re.Match[str]) -> str:
        first, last = match[1], match[2]
        return f"{first}-{last}" if f"{first}-{last}" in elsewhere else first + last

    return _BROKEN.sub(whole, text)


def _outline(document: Any) -> dict[int, str]:
    """Return by page the first entry of the outline that leads there."""
    parts: dict[int, str] = {}
    for entry in document.get_toc():
        target = entry.get_dest()
        page = target.get_index() if target else None
        if page is not None:
            parts.setdefault(page, " ".join(entry.get_title().split()))
    return parts
