"""PDF: a section a page."""

from __future__ import annotations

import io
from collections.abc import Iterator

from index.readers.characters import nfc
from index.readers.section import Section, Unreadable


def read(data: bytes) -> Iterator[Section]:
    """Yield a section a page, under the outline's entry that leads to it, else under the page's number."""
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it also logs what it repaired
    try:
        reader = PdfReader(io.BytesIO(data))
        outline = _outline(reader)
        heading = ""
        pages = set()
        for number, page in enumerate(reader.pages, 1):
            heading = outline.get(number - 1, heading)
            if (name := page.indirect_reference) is not None and name.idnum in pages:
                continue  # a page that is named once more says nothing new, and may be named a million times
            pages.add(name.idnum if name is not None else None)
            text = nfc(page.extract_text()).replace("\0", "")
            yield Section(f"{heading} > page {number}" if heading else f"page {number}", text)
    except MemoryError:
        raise
    except Exception as error:  # of any class: pypdf also raises NotImplementedError, struct.error, zlib.error and more
        raise Unreadable(f"invalid PDF: {type(error).__name__}: {error}") from error


def _outline(reader) -> dict[int, str]:
    """Page index -> the first outline entry that leads there."""
    parts: dict[int, str] = {}
    pending = list(reversed(reader.outline))
    while pending:
        entry = pending.pop()
        if isinstance(entry, list):
            pending.extend(reversed(entry))
        elif (page := reader.get_destination_page_number(entry)) is not None:
            parts.setdefault(page, " ".join(str(entry.title).split()))
    return parts
