"""OpenDocument text and presentations: the paragraphs of content.xml, cut at its headings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from index.readers.archive import Archive
from index.readers.section import HeadingPath, Section
from index.readers.tables import sections_of_table

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_LEFT_OUT = {f"{_OFFICE}annotation", f"{_TEXT}note-citation", f"{_TEXT}ruby-text"}
# What stands within a paragraph and is none of its words: a note, and the paragraphs of a frame.
_APART = {f"{_TEXT}note-body": (" (", ")"), f"{_DRAW}text-box": ("\n", "\n"), f"{_TEXT}p": ("", " ")}
_MOST_SPACES = 100


def read(data: bytes) -> Iterator[Section]:
    """Yield a section a heading or slide.

    Raises:
        Unreadable: it is not an OpenDocument file, or is protected by a password.
    """
    body = Archive(data, "ODT").xml("content.xml").find(f"{_OFFICE}body")
    path, held = HeadingPath(), []
    pending = [body] if body is not None else []
    while pending:
        node = pending.pop()
        if node.tag == f"{_TEXT}h":
            yield Section(str(path), "\n".join(held))
            path.enter(int(node.get(f"{_TEXT}outline-level", "1")), _text(node))
            held = []
        elif node.tag == f"{_TEXT}p":
            held.append(_text(node))
        elif node.tag == f"{_TABLE}table":
            for section in sections_of_table(str(path), _rows(node)):
                yield Section(str(path), "\n".join(held))
                held = []
                yield section
        elif node.tag == f"{_DRAW}page":
            yield Section(str(path), "\n".join(held))
            path.enter(1, node.get(f"{_DRAW}name", ""))
            held = []
            pending.extend(reversed(node))
        elif node.tag != f"{_TEXT}tracked-changes":
            pending.extend(reversed(node))
    yield Section(str(path), "\n".join(held))


def _rows(table: Any) -> list[list[str]]:
    """Return a table's rows; a table within a cell is text of that cell."""
    cell, row = f"{_TABLE}table-cell", f"{_TABLE}table-row"
    return [
        [" ".join(" ".join(map(_text, each.iter(f"{_TEXT}p"))).split()) for each in _own(own, cell, row)]
        for own in _own(table, row, f"{_TABLE}table")
    ]


def _own(element: Any, tag: str, holder: str) -> list[Any]:
    return [node for node in element.iter(tag) if next(node.iterancestors(holder)) is element]


def _text(node: Any) -> str:
    """Return a paragraph's text, with its notes, spaces and breaks."""
    pieces: list[str] = []
    pending: list[Any] = [node]
    while pending:
        piece = pending.pop()
        if isinstance(piece, str):
            pieces.append(piece)
            continue
        if piece.tag == f"{_TEXT}s":
            pieces.append(" " * min(int(piece.get(f"{_TEXT}c", "1")), _MOST_SPACES))
        elif piece.tag == f"{_TEXT}tab":
            pieces.append("\t")
        elif piece.tag == f"{_TEXT}line-break":
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
    return "".join(pieces)
