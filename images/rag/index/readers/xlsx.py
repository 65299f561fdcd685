"""Workbooks of Excel, cell by cell from their own XML: calamine gives values without the formats that show them.

Hidden sheets, rows and columns are read: a saved filter hides rows, and hiding protects nothing. So are notes on cells;
threads of comments are left out, as Word's are. What a vertical merge shows beside several rows is in each of them.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from index.readers.archive import Archive
from index.readers.drawings import paragraphs
from index.readers.grid import Remarks, Row, place, sections_of_sheet
from index.readers.number_format import BUILT_IN, shown, worded
from index.readers.powers import RAISED, with_powers
from index.readers.section import Note, Section, Unreadable

_DRAWINGS = ("xl/drawings/drawing", "xl/charts/chart", "xl/diagrams/data")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CELL = re.compile(r"\$?([A-Za-z]+)\$?(\d+)")
_THREAD = "[Threaded comment]"  # how Excel begins a note that stands for a thread, for programs that know none


@dataclass(frozen=True, slots=True)
class _Book:
    """What cells refer to.

    Attributes:
        strings: the texts that sheets share.
        formats: of numbers, by a cell's style.
        since_1904: whether days are counted from 1904.
    """

    strings: list[str]
    formats: list[str]
    since_1904: bool


def read(archive: Archive) -> Iterator[Section | Note]:
    """Yield a section a sheet under its name, then notes and drawings."""
    main = next((target for kind, target in _related(archive, "").values() if kind == "officeDocument"), "")
    main = main or "xl/workbook.xml"
    workbook, parts = archive.xml(main), _related(archive, main)
    by_kind = dict(parts.values())
    since_1904 = any(each.get("date1904") in ("1", "true") for each in workbook.iterfind("{*}workbookPr"))
    book = _Book(_strings(archive, by_kind), _formats(archive, by_kind), since_1904)
    remarks = Remarks()
    for sheet in workbook.iterfind("{*}sheets/{*}sheet"):
        name = sheet.get("name", "")
        kind, part = parts.get(next((value for key, value in sheet.items() if key.endswith("}id")), ""), ("", ""))
        if kind == "worksheet":  # others are a chart alone, or a program
            yield from sections_of_sheet(name, _rows(archive, part, name, book, remarks))
            for related, target in _related(archive, part).values():
                if related == "comments":
                    _comments(archive.xml(target), name, remarks)
    yield from remarks.pieces()
    names = [name for name in archive.names if name.startswith(_DRAWINGS) and name.endswith(".xml")]
    if texts := [text for name in names for text in paragraphs(archive.xml(name))]:
        yield Section("Drawings", "\n".join(texts))
    yield from archive.torn()


def _related(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """Return what a part refers to: by its id, the kind and the name of another part."""
    folder, name = posixpath.split(part)
    rels = posixpath.join(folder, "_rels", f"{name}.rels")
    if rels not in archive.names:
        return {}
    return {
        each.get("Id", ""): (
            each.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, each.get("Target", ""))).lstrip("/"),
        )
        for each in archive.xml(rels).iterfind("{*}Relationship")
        if each.get("TargetMode") != "External"
    }


def _strings(archive: Archive, parts: dict[str, str]) -> list[str]:
    name = parts.get("sharedStrings", "")
    return [_text(each) for each in archive.elements(name, "si")] if name in archive.names else []


def _formats(archive: Archive, parts: dict[str, str]) -> list[str]:
    name = parts.get("styles", "")
    if name not in archive.names:
        return []
    root = archive.xml(name)
    own = {each.get("numFmtId"): each.get("formatCode", "") for each in root.iterfind("{*}numFmts/{*}numFmt")}
    numbers = (each.get("numFmtId", "0") for each in root.iterfind("{*}cellXfs/{*}xf"))
    return [own.get(number, BUILT_IN.get(int(number), "") if number.isdecimal() else "") for number in numbers]


def _text(element: Any) -> str:
    """Return the text of a cell, of all its runs; how it is pronounced is left out."""
    texts: list[str] = []
    for each in element.iter("{*}t"):
        run = each.getparent()
        if run.tag.endswith("}r") and run.find('{*}rPr/{*}vertAlign[@val="superscript"]') is not None:
            texts.append(RAISED)
        if not run.tag.endswith("}rPh"):
            texts.append(each.text or "")
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), with_powers("".join(texts)))


def _rows(archive: Archive, part: str, sheet: str, book: _Book, remarks: Remarks) -> list[Row]:
    rows: list[Row] = []
    numbers: list[int] = []
    for element in archive.elements(part, "row", "mergeCell"):
        if element.tag.endswith("}mergeCell"):
            _merge(element.get("ref", ""), rows, numbers)
            continue
        given = element.get("r", "")
        number = int(given) if given.isdecimal() else (numbers[-1] if numbers else 0) + 1
        if row := _row(element, number, sheet, book, remarks):
            rows.append(row)
            numbers.append(number)
    return rows


def _row(element: Any, number: int, sheet: str, book: _Book, remarks: Remarks) -> Row:
    space = element.tag[: element.tag.index("}") + 1]
    row: Row = {}
    column = -1
    for cell in element.iterchildren(f"{space}c"):
        match = _CELL.fullmatch(cell.get("r", ""))
        column = _column(match[1]) if match else column + 1
        kind, value = cell.get("t", "n"), cell.findtext(f"{space}v")
        if not value and kind not in ("str", "inlineStr") and cell.find(f"{space}f") is not None:
            remarks.not_computed(place(sheet, column, number))
        elif text := " ".join(_shown(cell, kind, value or "", book).split()):
            row[column] = text
            if kind == "e":
                remarks.error(place(sheet, column, number), text)
    return row


def _shown(cell: Any, kind: str, value: str, book: _Book) -> str:
    """Return a cell's text as the sheet shows it."""
    if kind == "b":
        return {"1": "TRUE", "true": "TRUE", "0": "FALSE", "false": "FALSE"}.get(value, value)
    if kind == "d":
        return value.removesuffix("Z").removesuffix("T00:00:00").removesuffix("T00:00:00.000").replace("T", " ")
    if kind == "e" or not (value or kind == "inlineStr"):
        return value
    style = cell.get("s", "0")
    code = book.formats[int(style)] if style.isdecimal() and int(style) < len(book.formats) else ""
    if kind == "n":
        return shown(value, code, book.since_1904)
    if kind == "s":
        if not value.isdecimal() or int(value) >= len(book.strings):
            raise Unreadable(f"invalid XLSX: it has no shared text {value}")
        text = book.strings[int(value)]
    else:
        text = _text(cell) if kind == "inlineStr" else _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)
    return worded(text, code) if code else text


@lru_cache(1 << 14)
def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _merge(ref: str, rows: list[Row], numbers: list[int]) -> None:
    """Put what merged cells show into each of their rows that has other text."""
    first, _, last = ref.partition(":")
    if not (begin := _CELL.fullmatch(first)) or not (end := _CELL.fullmatch(last)):
        return
    column, above = _column(begin[1]), bisect_right(numbers, int(begin[2])) - 1
    if above < 0 or numbers[above] != int(begin[2]) or column not in rows[above]:
        return
    for row in rows[above + 1 : bisect_right(numbers, int(end[2]))]:
        row.setdefault(column, rows[above][column])


def _comments(root: Any, sheet: str, remarks: Remarks) -> None:
    for comment in root.iterfind("{*}commentList/{*}comment"):
        text = _text(comment)
        if not text.startswith(_THREAD):
            remarks.note(f"{sheet}!{comment.get('ref', '')}", text)
