"""EPUB books: their pages in reading order, each read as HTML under the book's title."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from index.readers import html
from index.readers.archive import Archive
from index.readers.characters import normalised
from index.readers.encoding import decoded
from index.readers.section import Section, Title

_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read(data: bytes) -> Iterator[Section | Title]:
    """Yield the title, and the sections of each page of the book's spine.

    Raises:
        Unreadable: it is not an EPUB.
    """
    archive = Archive(data, "EPUB")
    container = archive.xml("META-INF/container.xml")
    package = next((root.get("full-path") for root in container.iter(f"{_CONTAINER}rootfile")), None) or "content.opf"
    root = archive.xml(package)
    items = {item.get("id"): item for item in root.iter(f"{_OPF}item")}
    title = " ".join((root.findtext(f".//{_DC}title") or "").split())
    if title:
        yield Title(title)
    for reference in root.iter(f"{_OPF}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _PAGES:
            continue
        name = posixpath.normpath(posixpath.join(posixpath.dirname(package), unquote(item.get("href", ""))))
        text, _ = decoded(archive.read(name), kind="text/html")
        for section in html.read(normalised(text)):
            if isinstance(section, Title) or not (section.text or section.heading):
                continue
            heading = " > ".join(part for part in (title, section.heading) if part)
            yield Section(heading, section.text, section.header)
