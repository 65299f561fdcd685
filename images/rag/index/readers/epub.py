"""EPUB books: their pages in reading order, each read as HTML under the book's title."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from index.readers import html
from index.readers.archive import Archive
from index.readers.characters import normalised
from index.readers.encoding import decoded
from index.readers.section import Note, Section, Title, Unreadable

_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_ENC = "{http://www.w3.org/2001/04/xmlenc#}"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read(data: bytes) -> Iterator[Section | Title | Note]:
    """Yield the title, and the sections of each page of the book's spine.

    Raises:
        Unreadable: it is not an EPUB, or is encrypted.
    """
    archive = Archive(data, "EPUB")
    container = archive.xml("META-INF/container.xml")
    package = next((root.get("full-path") for root in container.iter(f"{_CONTAINER}rootfile")), None) or "content.opf"
    root = archive.xml(package)
    items = {item.get("id"): item for item in root.iter(f"{_OPF}item")}
    title = " ".join((root.findtext(f".//{_DC}title") or "").split())
    if title:
        yield Title(title)
    present = set(archive.names)
    if "META-INF/encryption.xml" in present:
        encrypted = {each.get("URI") for each in archive.xml("META-INF/encryption.xml").iter(f"{_ENC}CipherReference")}
        if any(str(name).endswith((".xhtml", ".html", ".htm", ".xml")) for name in encrypted):
            raise Unreadable("its pages are encrypted (DRM)")
    spine = [reference.get("idref") for reference in root.iter(f"{_OPF}itemref")]
    # A page that is in no reading order is one that others lead to, such as a note's; not a list of contents.
    beside = [name for name, item in items.items() if name not in spine and _is_page(item)]
    for reference in [*spine, *beside]:
        item = items.get(reference)
        if item is None:
            yield Note(f"its page {reference!r} is not in it")
            continue
        name = posixpath.normpath(posixpath.join(posixpath.dirname(package), unquote(item.get("href", ""))))
        if item.get("media-type") not in _PAGES or name not in present:
            why = "is not in it" if name not in present else f"is {item.get('media-type')}, which is not read"
            yield Note(f"its page {name} {why}")
            continue
        yield from _page(archive.read(name), name, title)


def _is_page(item: Any) -> bool:
    return item.get("media-type") in _PAGES and "nav" not in item.get("properties", "").split()


def _page(data: bytes, name: str, title: str) -> Iterator[Section | Note]:
    """Yield the sections of a page under the book's title."""
    text, note = decoded(data, kind="text/html")
    if note:
        yield Note(f"{name}: {note}")
    for section in html.read(normalised(text), whole=True):
        if isinstance(section, Title) or not (section.text or section.heading):
            continue
        heading = " > ".join(part for part in (title, section.heading) if part)
        yield Section(heading, section.text, section.header)
