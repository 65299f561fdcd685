"""Spreadsheets of OpenDocument, cell by cell from content.xml, which holds what each cell shows.

Numbers, percentages and amounts are the text that the sheet shows; dates and times are as in ISO 8601, since what it
shows of them depends on its language. Hidden sheets, rows and columns are read, and what a vertical merge shows is in
each of its rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from index.readers import opendocument
from index.readers.archive import Archive
from index.readers.grid import Remarks, Row, place, sections_of_sheet
from index.readers.opendocument import CELLS, OFFICE, TABLE, TEXT
from index.readers.section import Note, Section

_ERROR = re.compile(r"#[A-Z/0!?]+|Err:\d+")
_DURATION = re.compile(r"(-?)PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")
_NARROW = re.compile("#+")  # what some programs write of a number whose column is too narrow
_EXTERNAL = "ta_extref"  # style of copies of other files' sheets, which no one sees


def read(archive: Archive) -> Iterator[Section | Note]:
    """Yield a section a sheet under its name, then notes and drawings."""
    opendocument.check_password(archive)
    root = archive.xml("content.xml")
    opendocument.mark_raised(root, root)
    remarks = Remarks()
    for sheet in root.iterfind(f"{OFFICE}body/{OFFICE}spreadsheet/{TABLE}table"):
        if sheet.get(f"{TABLE}style-name") != _EXTERNAL:
            name = sheet.get(f"{TABLE}name", "")
            yield from sections_of_sheet(name, _rows(sheet, name, remarks))
    yield from remarks.pieces()
    if drawings := "\n".join(opendocument.drawn(root)):
        yield Section("Drawings", drawings)
    yield from archive.torn()


def _rows(sheet: Any, name: str, remarks: Remarks) -> list[Row]:
    rows: list[Row] = []
    number = 1
    merged: dict[int, tuple[int, str]] = {}  # by column: the last row that shows a text, and the text
    for element in sheet.iter(f"{TABLE}table-row"):
        if next(element.iterancestors(f"{TABLE}table")) is not sheet:
            continue
        times = _times(element, "rows")
        row = _row(element, number, name, merged, remarks)
        if row:
            shared = {column: text for column, (last, text) in merged.items() if last >= number}
            rows += [shared | row] * times
        number += times
    return rows


def _row(element: Any, number: int, sheet: str, merged: dict[int, tuple[int, str]], remarks: Remarks) -> Row:
    row: Row = {}
    column = 0
    for cell in element.iterchildren(*CELLS):
        times = _times(cell, "columns")
        text = _shown(cell)
        here = place(sheet, column, number)
        if text:
            row |= dict.fromkeys(range(column, column + times), text)
            if (spanned := cell.get(f"{TABLE}number-rows-spanned", "1")).isdecimal() and int(spanned) > 1:
                merged[column] = (number + int(spanned) - 1, text)
        if cell.get(f"{TABLE}formula"):
            if not text and not cell.get(f"{OFFICE}value-type"):
                remarks.not_computed(here)
            elif _ERROR.fullmatch(text):
                remarks.error(here, text)
        for note in cell.iterfind(f"{OFFICE}annotation"):
            remarks.note(here, " ".join(map(opendocument.text_of, note.iterfind(f"{TEXT}p"))))
        column += times
    return row


def _times(element: Any, what: str) -> int:
    given = element.get(f"{TABLE}number-{what}-repeated", "1")
    return int(given) if given.isdecimal() else 1


def _shown(cell: Any) -> str:
    kind = cell.get(f"{OFFICE}value-type", "")
    text = " ".join(" ".join(map(opendocument.text_of, cell.iterfind(f"{TEXT}p"))).split())
    if _ERROR.fullmatch(text):
        return text
    if kind == "date" and (date := cell.get(f"{OFFICE}date-value")):
        return date.removesuffix("T00:00:00").replace("T", " ")
    if kind == "time" and (match := _DURATION.fullmatch(cell.get(f"{OFFICE}time-value", ""))):
        return f"{match[1]}{int(match[2] or 0):02}:{int(match[3] or 0):02}:{int(match[4] or 0):02}"
    if kind == "boolean" and (value := cell.get(f"{OFFICE}boolean-value")):
        return value.upper()
    if kind in ("float", "percentage", "currency") and (not text or _NARROW.fullmatch(text)):
        return cell.get(f"{OFFICE}value", text)
    return text or " ".join(cell.get(f"{OFFICE}string-value", "").split())
