"""Workbooks of Excel 97 to 2003, by xlrd: calamine gives their values without the formats that show them."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

from index.readers.grid import Remarks, Row, place, sections_of_sheet
from index.readers.number_format import shown, worded
from index.readers.section import Note, Section, Unreadable

# What xlrd raises of a file that is damaged, beside its own error.
_TORN = (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, TypeError, ValueError, struct.error)

_LOST = ("truncated", "corrupt")  # in what xlrd says of a file that it reads as far as it can
_TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR = range(1, 6)  # kinds of cells, as xlrd counts them


def read(data: bytes) -> Iterator[Section | Note]:
    """Yield a section a sheet under its name, then notes on cells.

    Raises:
        Unreadable: it is not a workbook, or is protected by a password.
    """
    import xlrd
    from xlrd.compdoc import CompDocError

    warnings = io.StringIO()
    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=warnings)
        remarks = Remarks()
        sheets = [(sheet.name, _rows(book, sheet, remarks)) for sheet in book.sheets()]
    except (xlrd.XLRDError, CompDocError, *_TORN) as error:
        if "encrypted" in str(error):
            raise Unreadable("it is protected by a password") from error
        raise Unreadable(f"invalid spreadsheet: {error}") from error
    for name, rows in sheets:
        yield from sections_of_sheet(name, rows)
    yield from remarks.pieces()
    if any(word in warnings.getvalue() for word in _LOST):
        yield Note(
            "the file is damaged, and not all that it says may be read: open it in a spreadsheet program, and save it"
        )


def _rows(book: Any, sheet: Any, remarks: Remarks) -> list[Row]:
    rows = [_row(book, sheet, number, remarks) for number in range(sheet.nrows)]
    for low, high, left, _ in sheet.merged_cells:  # what a vertical merge shows beside several rows is in each of them
        for row in rows[low + 1 : high]:
            if row and left in rows[low]:
                row.setdefault(left, rows[low][left])
    for (number, column), note in sorted(sheet.cell_note_map.items()):
        remarks.note(place(sheet.name, column, number + 1), note.text)
    return [row for row in rows if row]


def _row(book: Any, sheet: Any, number: int, remarks: Remarks) -> Row:
    row: Row = {}
    for column, cell in enumerate(sheet.row(number)):
        if text := " ".join(_shown(book, cell).split()):
            row[column] = text
            if cell.ctype == _ERROR:
                remarks.error(place(sheet.name, column, number + 1), text)
    return row


def _shown(book: Any, cell: Any) -> str:
    """Return a cell's text as the sheet shows it."""
    if cell.ctype == _BOOLEAN:
        return "TRUE" if cell.value else "FALSE"
    if cell.ctype == _ERROR:
        import xlrd

        return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
    if cell.ctype not in (_TEXT, _NUMBER, _DATE):
        return ""
    style = book.xf_list[cell.xf_index] if cell.xf_index is not None else None
    code = book.format_map[style.format_key].format_str if style and style.format_key in book.format_map else ""
    if cell.ctype == _TEXT:
        return worded(cell.value, code) if code else str(cell.value)
    return shown(repr(cell.value), code, bool(book.datemode))
