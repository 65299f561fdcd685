"""Word documents by python-docx: headings by their style, tables, text boxes, content controls, notes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from index.readers.archive import Archive
from index.readers.section import HeadingPath, Section, Unreadable
from index.readers.tables import sections_of_table

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVEL = re.compile(r"(?:heading (\d)|(title))", re.I)
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_LEFT_OUT = {f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_COMPATIBILITY}Fallback"}


def read(data: bytes) -> Iterator[Section]:
    """Yield a section a heading, and one for the notes. What is struck out by tracked changes is left out.

    Raises:
        Unreadable: it is not a Word document, or is protected by a password.
    """
    from docx import Document

    Archive(data, "DOCX")
    try:
        document = Document(io.BytesIO(data))
    except (KeyError, ValueError, SyntaxError) as error:
        raise Unreadable(f"invalid DOCX: {error}") from error
    styles = {style.style_id: style.name or "" for style in document.styles}
    path, held = HeadingPath(), []
    for block in _blocks(document.element.body):
        if block.tag == f"{_W}tbl":
            sections = list(sections_of_table(str(path), _rows(block)))
            if sections and not sections[0].header:
                held.append(sections[0].text)
            elif sections:
                yield Section(str(path), "\n".join(held))
                held = []
                yield from sections
            continue
        text = _text(block)
        if (level := _level(block, styles)) is not None and text.strip():
            yield Section(str(path), "\n".join(held))
            path.enter(level, text)
            held = []
        else:
            held.append(text)
    yield Section(str(path), "\n".join(held))
    if notes := "\n".join(_notes(document)):
        yield Section("Notes", notes)


def _blocks(element: Any) -> Iterator[Any]:
    """Yield paragraphs and tables, those within content controls too."""
    for child in element:
        if child.tag in (f"{_W}p", f"{_W}tbl"):
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"):
            yield from _blocks(child)


def _level(paragraph: Any, styles: dict[str, str]) -> int | None:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    match = _LEVEL.fullmatch(styles.get(style.get(f"{_W}val"), "")) if style is not None else None
    return None if match is None else int(match[1] or 0)


def _text(element: Any) -> str:
    """Return the text of a paragraph as it reads with all tracked changes accepted."""
    pieces: list[str] = []
    pending = [element]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif node.tag == f"{_W}t":
            pieces.append(node.text or "")
        elif node.tag == f"{_W}tab":
            pieces.append("\t" if node.getparent().tag == f"{_W}r" else "")
        elif node.tag in (f"{_W}br", f"{_W}cr"):
            pieces.append("\n")
        elif node.tag == f"{_W}noBreakHyphen":
            pieces.append("-")
        elif node.tag not in _LEFT_OUT:
            box = node.tag in (f"{_W}txbxContent", f"{_W}p") and node is not element
            pending += [*(["\n"] if box else []), *reversed(node), *(["\n"] if box else [])]
    return "".join(pieces).strip("\n")


def _rows(table: Any) -> list[list[str]]:
    return [
        [" ".join(" ".join(map(_text, cell.iter(f"{_W}p"))).split()) for cell in row.iter(f"{_W}tc")]
        for row in table.iter(f"{_W}tr")
    ]


def _notes(document: Any) -> Iterator[str]:
    """Yield the text of footnotes and endnotes."""
    from lxml import etree

    for part in document.part.package.iter_parts():
        if part.partname.endswith(("/footnotes.xml", "/endnotes.xml")):
            root = etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
            yield from (text for note in root if (text := " ".join(map(_text, note.iter(f"{_W}p"))).strip()))
