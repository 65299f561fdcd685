"""PDF by PDFium: a section a page, words made whole again where lines or typesetting parted them."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from index.readers.characters import letters, nfc
from index.readers.columns import ordered
from index.readers.section import Note, Section, Unreadable

# PDFium gives U+0002 or U+FFFE for a hyphen at a line's end.
_BROKEN = re.compile(r"([^\W\d_]{2,40})(?:[\x02\ufffe]\s?|[-\u2010\u00ad][ \t]?\n)[ \t]?([^\W\d_A-Z]{1,40})")
_HYPHENATED = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?:-[^\W\d_]++)+")
_FEW = 100  # characters of a page that is a scan with a stamp or a number
_MOST_OF_IT = 0.5  # of a page's area
_SAMPLE, _MANY = 200, 0.05  # characters of a page that are looked at, and the share of them
_MOST_NOTES = 1000  # of a page
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
    blank, pictures, unsaid = [], [], []
    for number in range(1, len(document) + 1):
        heading = outline.get(number - 1, heading)
        page = _page(document, number - 1)
        if not page.text.strip():
            blank.append(number)
            continue
        if page.is_picture:
            pictures.append(number)
        if page.is_unsaid:
            unsaid.append(number)
        if page.text not in texts:  # one that comes once more says nothing new, and may be named a million times
            texts.add(page.text)
            yield Section(f"{heading} > page {number}" if heading else f"page {number}", page.text)
    yield from _notes(document, blank, pictures, unsaid)


def _notes(document: Any, blank: list[int], pictures: list[int], unsaid: list[int]) -> Iterator[Note]:
    """Yield what is not read, and what may be read wrongly."""
    import pypdfium2 as pdfium

    count = len(document)
    if len(blank) == count:
        yield Note(f"its {count} page{'s' * (count > 1)} hold no text: pictures, such as a scan's, are not read")
        blank = []
    for pages, what, why in (
        (blank, "hold no text", "pictures, such as a scan's, are not read"),
        (pictures, "hold a picture with a few words", "what the picture shows, such as a scan's, is not read"),
        (unsaid, "have fonts that do not say which characters they show", "their text may be read wrongly"),
    ):
        if pages:
            yield Note(f"{len(pages)} of its {count} pages {what} ({_ranges(pages)}): {why}")
    if document.get_formtype() == pdfium.raw.FORMTYPE_XFA_FULL:
        yield Note("it is a form of XFA, which is not read: its pages may only say which program shows it")
    if names := [document.get_attachment(number).get_name() for number in range(document.count_attachments())]:
        yield Note(f"what is attached to it is not read: {', '.join(names)}")


def _ranges(pages: list[int]) -> str:
    ranges: list[list[int]] = []
    for number in pages:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][-1:] = [number] if len(ranges[-1]) > 1 else [ranges[-1][0], number]
        else:
            ranges.append([number])
    names = ", ".join(" to ".join(map(str, each)) for each in ranges[:_NAMED])
    return names + (f" and {len(ranges) - _NAMED} ranges more" if len(ranges) > _NAMED else "")


class _Page(NamedTuple):
    """A page's text, whether it is a picture with a few words, and whether its fonts do not say what they show."""

    text: str
    is_picture: bool
    is_unsaid: bool


def _page(document: Any, index: int) -> _Page:
    import pypdfium2 as pdfium

    try:
        page = document[index]
        typed = _typed(page)
        if document.formenv or pdfium.raw.FPDFPage_GetAnnotCount(page):
            # The values of a form, and notes that are set on the page, become text of the page.
            pdfium.raw.FPDFPage_Flatten(page, pdfium.raw.FLAT_NORMALDISPLAY)
            page = document[index]
        shown = page.get_textpage()
        text, is_unsaid = "\n".join(filter(None, [ordered(shown), *typed])), _is_unsaid(shown)
        is_picture = len(text) <= _FEW and _is_picture(page)
    except pdfium.PdfiumError as error:
        raise Unreadable(f"invalid PDF: page {index + 1}: {error}") from error
    text = letters(nfc(text.replace("\r\n", "\n").replace("\r", "\n")))
    text = _joined(text).replace("\x02", "-").replace("\ufffe", "-").replace("\0", "")
    return _Page(text, is_picture, is_unsaid)


def _typed(page: Any) -> list[str]:
    """Return what was typed on a page and is drawn by whoever shows it: text annotations that have no drawing."""
    import pypdfium2.raw as raw

    texts = []
    for number in range(min(raw.FPDFPage_GetAnnotCount(page), _MOST_NOTES)):
        note = raw.FPDFPage_GetAnnot(page, number)
        if raw.FPDFAnnot_GetSubtype(note) == raw.FPDF_ANNOT_FREETEXT and not raw.FPDFAnnot_HasKey(note, b"AP"):
            size = raw.FPDFAnnot_GetStringValue(note, b"Contents", None, 0)
            held = ctypes.create_string_buffer(size)
            raw.FPDFAnnot_GetStringValue(note, b"Contents", ctypes.cast(held, ctypes.POINTER(raw.FPDF_WCHAR)), size)
            texts.append(held.raw.decode("utf-16-le", "replace").rstrip("\0"))
        raw.FPDFPage_CloseAnnot(note)
    return texts


def _is_picture(page: Any) -> bool:
    """Return whether one picture covers most of the page."""
    import pypdfium2 as pdfium

    width, height = page.get_size()
    for picture in page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = picture.get_bounds()
        if (right - left) * (top - bottom) > _MOST_OF_IT * width * height:
            return True
    return False


def _is_unsaid(shown: Any) -> bool:
    """Return whether the fonts of a page's text have no characters for much of it, by a sample."""
    import pypdfium2 as pdfium

    count = shown.count_chars()
    sample = range(0, count, max(1, count // _SAMPLE))
    lost = sum(1 for number in sample if pdfium.raw.FPDFText_HasUnicodeMapError(shown, number) == 1)
    return lost > max(1, _MANY * len(sample))


def _joined(text: str) -> str:
    """Return the text with words whole that were broken at a line's end; one that has its hyphen elsewhere keeps it."""
    elsewhere = "\n".join(_HYPHENATED.findall(text))  # searched for each broken word: the whole text would be too long

    def whole(match: re.Match[str]) -> str:
        first, last = match[1], match[2]
        if last[0].isupper():  # two names, and not one word
            return match[0]
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
