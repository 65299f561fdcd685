"""OpenDocument text and presentations: the paragraphs of content.xml, cut at its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from index.readers.archive import Archive
from index.readers.counting import numbered_text
from index.readers.elements import outermost, table_rows
from index.readers.odf_numbering import numbers, whole
from index.readers.powers import RAISED, with_powers
from index.readers.section import HeadingPath, Note, Section, Unreadable
from index.readers.tables import Cell, sections_of_table

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_MATH = "{http://www.w3.org/1998/Math/MathML}"
CELLS = {f"{TABLE}table-cell", f"{TABLE}covered-table-cell"}  # the latter are covered by a merge
# A number that was saved within a heading is set before it.
_LEFT_OUT = {f"{OFFICE}annotation", f"{TEXT}note-citation", f"{OFFICE}binary-data", f"{TEXT}number"}
# What stands within a paragraph and is none of its words: a note, and the paragraphs of a frame.
_APART = {f"{TEXT}note-body": (" (", ")"), f"{_DRAW}text-box": ("\n", "\n"), f"{TEXT}p": ("", " ")}
_APART |= {f"{TEXT}h": ("", " "), f"{TEXT}ruby-text": ("(", ")")}
_RAISED = re.compile(r"super|[1-9][0-9.]*%")
_MOST_SPACES = 100
_MOST_REPEATED = 1000  # cells: what is said more often is nothing, at the end of a row


def read(data: bytes) -> Iterator[Section | Note]:
    """Yield a section a heading or slide.

    Raises:
        Unreadable: it is not an OpenDocument file, or is protected by a password.
    """
    archive = Archive(data, "ODT")
    check_password(archive)
    content = archive.xml("content.xml")
    body = content.find(f"{OFFICE}body")
    styles = [archive.xml("styles.xml")] if "styles.xml" in archive.names else []
    before = numbers(body, content, *styles) if body is not None else {}

    if body is not None:
        mark_raised(body, content, *styles)

    def numbered(node: Any) -> str:
        return numbered_text(before.get(node, ""), text_of(node))

    def texts(cell: Any) -> Iterator[str]:  # of its paragraphs and headings; what stands within one is text of it
        return map(numbered, outermost(cell, {f"{TEXT}p", f"{TEXT}h"}, _LEFT_OUT))

    path, held = HeadingPath(), []
    pending = [body] if body is not None else []
    while pending:
        node = pending.pop()
        if node.tag == f"{TEXT}h":
            yield Section(str(path), "\n".join(held))
            path.enter(whole(node.get(f"{TEXT}outline-level"), 1), numbered(node))
            held = []
        elif node.tag == f"{TEXT}p":
            held.append(numbered(node))
        elif node.tag == f"{TABLE}table":
            for section in sections_of_table(str(path), table_rows(node, f"{TABLE}table-row", CELLS, texts, _placed)):
                yield Section(str(path), "\n".join(held))
                held = []
                yield section
        elif node.tag == f"{_DRAW}page":
            yield Section(str(path), "\n".join(held))
            path.enter(1, node.get(f"{_DRAW}name", ""))
            held = []
            pending.extend(reversed(node))
        elif node.tag != f"{TEXT}tracked-changes":
            pending.extend(reversed(node))
    yield Section(str(path), "\n".join(held))
    objects = [name for name in archive.names if name.startswith("Object ") and name.endswith("/content.xml")]
    if drawings := "\n".join(filter(None, (_object(archive.xml(name)) for name in objects))):
        yield Section("Drawings", drawings)
    yield from archive.torn()


def _placed(cell: Any, text: str) -> list[Cell]:
    """Return a cell as often as it is repeated, with the rows that it spans; the columns that it does are covered."""
    times = min(max(whole(cell.get(f"{TABLE}number-columns-repeated"), 1), 1), _MOST_REPEATED)
    rows = max(whole(cell.get(f"{TABLE}number-rows-spanned"), 1), 1)
    return [Cell(text, rows=rows, covered=cell.tag == f"{TABLE}covered-table-cell" and not text)] * times


def check_password(archive: Archive) -> None:
    """Raise Unreadable where a document is encrypted."""
    manifest = "META-INF/manifest.xml"
    if manifest in archive.names and b"encryption-data" in archive.read(manifest):
        raise Unreadable("it is protected by a password")


def drawn(root: Any) -> Iterator[str]:
    """Yield the text of each paragraph of the shapes in a spreadsheet."""
    for paragraph in root.iter(f"{TEXT}p"):
        above = {each.tag for each in paragraph.iterancestors() if isinstance(each.tag, str)}
        if any(tag.startswith(_DRAW) for tag in above) and not above & _LEFT_OUT and (text := text_of(paragraph)):
            yield text


def _object(root: Any) -> str:
    """Return what an object within a document says: a formula, or the words of a chart."""
    if root.tag != f"{_MATH}math":
        return "\n".join(text for each in root.iter(f"{TEXT}p") if (text := text_of(each)))
    written = root.findtext(f".//{_MATH}annotation") or "".join(root.itertext())
    return " ".join(written.split())


def text_of(node: Any) -> str:
    """Return a paragraph's text, with its notes, spaces and breaks."""
    pieces: list[str] = []
    pending: list[Any] = [node]
    while pending:
        piece = pending.pop()
        if isinstance(piece, str):
            pieces.append(piece)
            continue
        if piece.tag == f"{TEXT}s":
            pieces.append(" " * min(int(piece.get(f"{TEXT}c", "1")), _MOST_SPACES))
        elif piece.tag == f"{TEXT}tab":
            pieces.append("\t")
        elif piece.tag == f"{TEXT}line-break":
            pieces.append("\n")
        elif piece.tag in _LEFT_OUT or not isinstance(piece.tag, str):
            continue
        elif piece.tag in _APART and piece is not node:
            before, after = _APART[piece.tag]
            pending += [after, *(part for child in reversed(piece) for part in (child.tail or "", child))]
            pending += [piece.text or "", before]
        else:
            pieces.append(piece.text or "")
            for child in reversed(piece):
                pending += [child.tail or "", child]
    return with_powers("".join(pieces))


def mark_raised(body: Any, *roots: Any) -> None:
    """Mark the text of each span whose style, in one of the parts of a document, raises it."""
    raised = {
        style.get(f"{_STYLE}name")
        for root in roots
        for style in root.iterfind(f"*/{_STYLE}style")  # not in the body, which may be large
        for properties in style.iterfind(f"{_STYLE}text-properties")
        if _RAISED.match(properties.get(f"{_STYLE}text-position", ""))
    }
    for span in body.iter(f"{TEXT}span") if raised else ():
        if span.get(f"{TEXT}style-name") in raised:
            span.text = RAISED + (span.text or "")
