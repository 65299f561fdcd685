"""Spreadsheets: XLSX, ODS and XLS cell by cell, as they show it, XLSB by calamine; a section a sheet."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from typing import Any

from index.readers import ods, xls, xlsx
from index.readers.archive import Archive
from index.readers.number_format import general
from index.readers.section import Note, Section, Unreadable
from index.readers.tables import sections_of_table


def read(data: bytes) -> Iterator[Section | Note]:
    """Yield a section a sheet under its name, then what stands beside the cells.

    Raises:
        Unreadable: it is not a spreadsheet, or is protected by a password.
    """
    if data.startswith(b"PK"):
        archive = Archive(data, "spreadsheet")
        if "content.xml" in archive.names:
            yield from ods.read(archive)
            return
        if "xl/workbook.bin" in archive.names:
            yield from _binary(data)
        else:
            yield from xlsx.read(archive)
    else:
        yield from xls.read(data)


def _binary(data: bytes) -> Iterator[Section]:
    """Yield the sheets of an XLSB, whose cells come without their formats: 25% is 0.25, dates are dates."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python()
            yield from sections_of_table(name, [[_cell(value) for value in row] for row in rows])
    except python_calamine.PasswordError as error:
        raise Unreadable("it is protected by a password") from error
    except (python_calamine.CalamineError, ValueError) as error:
        raise Unreadable(f"invalid spreadsheet: {error}") from error


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return general(repr(value))
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    return " ".join(str(value).split())
