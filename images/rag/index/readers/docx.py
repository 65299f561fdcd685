"""Word documents by python-docx: headings by their style, numbers, tables, text boxes, controls, notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from index.readers.archive import TORN, Archive, main_part
from index.readers.counting import numbered_text
from index.readers.docx_numbering import RELATIONSHIP, Numbering, value_of
from index.readers.drawings import FALLBACK, drawn, unread
from index.readers.elements import outermost, table_rows
from index.readers.powers import RAISED, with_powers
from index.readers.section import HeadingPath, Note, Section
from index.readers.tables import Cell, sections_of_table

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVEL = re.compile(r"(?:heading (\d)|(title))", re.I)
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_ANY = 1 << 30  # rows: those that a merged cell spans say so themselves
_FORMS = (  # of a document: with macros, a template, a template with macros
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
)
_LEFT_OUT = {f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", FALLBACK}
_SYMBOLS = str.maketrans(  # the font Symbol has Greek at the places of Latin letters
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "αβχδεφγηιϕκλμνοπθρστυϖωξψζΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"
)


def read(data: bytes) -> Iterator[Section | Note]:
    """Yield a section a heading, and one for notes and drawings each. What tracked changes struck out is left out.

    Raises:
        Unreadable: it is not a Word document, or is protected by a password.
    """
    archive = Archive(data, "DOCX")
    try:
        document = _opened(data)
    except (KeyError, SyntaxError, *TORN) as error:
        raise archive.refusal(error) from error
    styles = {style.get(f"{_W}styleId"): style for style in document.styles.element.iterfind(f"{_W}style")}
    levels = {name: _level_of_style(style, styles) for name, style in styles.items()}
    if (body := document.element.find(f"{_W}body")) is None:
        raise archive.refusal(ValueError("it has no body"))
    for mark in body.findall(f".//{_W}tr/{_W}trPr/{_W}del"):  # rows that were struck out
        row = mark.getparent().getparent()
        row.getparent().remove(row)
    numbering = _numbering(document, styles)

    def numbered(paragraph: Any) -> str:
        return numbered_text(numbering.before(paragraph), _text(paragraph))

    def texts(cell: Any) -> Iterator[str]:  # of its paragraphs; those of boxes in one are text of it
        return map(numbered, outermost(cell, {f"{_W}p"}, _LEFT_OUT))

    path, held = HeadingPath(), []
    # Paragraphs and tables, within content controls and whatever else is around them too.
    for block in outermost(body, {f"{_W}p", f"{_W}tbl"}, _LEFT_OUT):
        if block.tag == f"{_W}tbl":
            sections = list(sections_of_table(str(path), table_rows(block, f"{_W}tr", {f"{_W}tc"}, texts, _placed)))
            if sections and not sections[0].header:
                held.append(sections[0].text)
            elif sections:
                yield Section(str(path), "\n".join(held))
                held = []
                yield from sections
            continue
        text = numbered(block)
        if (level := _level(block, levels)) is not None and text.strip():
            yield Section(str(path), "\n".join(held))
            path.enter(level, text)
            held = []
        else:
            held.append(text)
    yield Section(str(path), "\n".join(held))
    if notes := "\n".join(_notes(document)):
        yield Section("Notes", notes)
    if drawings := "\n".join(drawn(document.part.rels.values())):
        yield Section("Drawings", drawings)
    yield from unread([document.part])


def _opened(data: bytes) -> Any:
    """Return a document of any form."""
    import docx  # noqa: F401  (it registers its parts)
    from docx.opc.part import PartFactory
    from docx.package import Package
    from docx.parts.document import DocumentPart

    return main_part(data, Package, PartFactory, DocumentPart, _FORMS).document


def _placed(cell: Any, text: str) -> list[Cell]:
    """Return a cell with the columns that it spans; one that a cell above goes on in is covered."""
    properties = cell.find(f"{_W}tcPr")
    if properties is None:
        return [Cell(text)]
    columns, merged = value_of(properties, "gridSpan"), properties.find(f"{_W}vMerge")
    starts = merged is not None and merged.get(f"{_W}val") == "restart"
    return [
        Cell(
            text,
            int(columns) if columns.isdecimal() and len(columns) < 5 and int(columns) else 1,
            _ANY if starts else 1,
            merged is not None and not starts and not text,
        )
    ]


def _level(paragraph: Any, levels: dict[str, int | None]) -> int | None:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    own = _outline_level(paragraph)
    return own if own is not None else levels.get(style.get(f"{_W}val")) if style is not None else None


def _level_of_style(style: Any, styles: dict[str, Any]) -> int | None:
    """Return the level of headings of a style: by its name or outline level, or those of the styles it is made from."""
    for _ in range(20):  # a style may be made from itself
        if style is None:
            break
        if match := _LEVEL.fullmatch(value_of(style, "name")):
            return int(match[1] or 0)
        if (level := _outline_level(style)) is not None:
            return level
        style = styles.get(value_of(style, "basedOn"))
    return None


def _outline_level(element: Any) -> int | None:
    level = element.find(f"{_W}pPr/{_W}outlineLvl")
    value = level.get(f"{_W}val", "") if level is not None else ""
    return int(value) + 1 if value.isdecimal() and int(value) < 9 else None  # 9 is text


def _text(element: Any) -> str:
    """Return the text of a paragraph as it reads with all tracked changes accepted."""
    pieces: list[str] = []
    pending = [element]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif node.tag in (f"{_W}t", f"{_M}t"):
            pieces.append(node.text or "")
        elif node.tag == f"{_W}sym":
            pieces.append(_symbol(node.get(f"{_W}font", ""), node.get(f"{_W}char", "")))
        elif node.tag == f"{_W}ffData":
            pieces.append(_form_value(node))
        elif node.tag == f"{_W}ptab":
            pieces.append("\t")
        elif node.tag == f"{_W}tab":
            pieces.append("\t" if node.getparent().tag == f"{_W}r" else "")
        elif node.tag in (f"{_W}br", f"{_W}cr"):
            pieces.append("\n")
        elif node.tag == f"{_W}noBreakHyphen":
            pieces.append("-")
        elif node.tag == f"{_W}ruby":  # the reading stands before the word that it is of
            reading = "".join(text.text or "" for rt in node.iterfind(f"{_W}rt") for text in rt.iter(f"{_W}t"))
            pending += [f"({reading})" if reading else "", *node.iterfind(f"{_W}rubyBase")]
        elif node.tag not in _LEFT_OUT:
            if node.tag == f"{_W}r" and value_of(node.find(f"{_W}rPr"), "vertAlign") == "superscript":
                pieces.append(RAISED)
            box = node.tag in (f"{_W}txbxContent", f"{_W}p") and node is not element
            pending += [*(["\n"] if box else []), *reversed(node), *(["\n"] if box else [])]
    return with_powers("".join(pieces)).strip("\n")


def _form_value(field: Any) -> str:
    """Return what a field of a form shows beside texts: whether a box is ticked, or what was chosen."""
    if (box := field.find(f"{_W}checkBox")) is not None:
        state = box.find(f"{_W}checked") if box.find(f"{_W}checked") is not None else box.find(f"{_W}default")
        return "\u2612" if state is not None and state.get(f"{_W}val", "1") not in ("0", "false") else "\u2610"
    entries = [entry.get(f"{_W}val", "") for entry in field.iterfind(f"{_W}ddList/{_W}listEntry")]
    chosen = field.find(f"{_W}ddList/{_W}result")
    place = chosen.get(f"{_W}val", "0") if chosen is not None else "0"
    return entries[int(place)] if place.isdecimal() and int(place) < len(entries) else ""


def _symbol(font: str, code: str) -> str:
    """Return a character of a font of symbols; "" for an ornament, which Unicode has in no fixed place."""
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    if not 0xF000 <= number <= 0xF0FF:
        return chr(number) if number < 0xD800 else ""
    letter = chr(number - 0xF000)
    return letter.translate(_SYMBOLS) if font == "Symbol" and letter.isascii() and letter.isalpha() else ""


def _numbering(document: Any, styles: dict[str, Any]) -> Numbering:
    parts = [
        rel.target_part for rel in document.part.rels.values() if rel.reltype == RELATIONSHIP and not rel.is_external
    ]
    root = getattr(parts[0], "element", None) if parts else None
    return Numbering(root, styles)


def _notes(document: Any) -> Iterator[str]:
    """Yield the text of footnotes and endnotes."""
    from lxml import etree

    for part in document.part.package.iter_parts():
        if part.partname.endswith(("/footnotes.xml", "/endnotes.xml")):
            root = etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
            yield from (text for note in root if (text := " ".join(map(_text, note.iter(f"{_W}p"))).strip()))
