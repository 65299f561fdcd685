"""Spreadsheets by calamine: XLSX, XLS, XLSB and ODS; a section a sheet, its head repeated with each chunk."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator
from typing import Any

from index.readers.archive import Archive
from index.readers.drawings import paragraphs
from index.readers.section import Note, Section, Unreadable
from index.readers.tables import sections_of_table

_NO_VALUE = re.compile(rb"(?:</f>|<f\s[^<>]{0,200}/>)\s*(?:<v\s?/>|<v>\s*</v>)?\s*</c>")


def read(data: bytes) -> Iterator[Section | Note]:
    """Yield a section a sheet under its name.

    Raises:
        Unreadable: it is not a spreadsheet, or is protected by a password.
    """
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python()
            yield from sections_of_table(name, [[_cell(value) for value in row] for row in rows])
        yield from _beside(data)
    except python_calamine.PasswordError as error:
        raise Unreadable("it is protected by a password") from error
    except (python_calamine.CalamineError, ValueError) as error:
        raise Unreadable(f"invalid spreadsheet: {error}") from error


def _beside(data: bytes) -> Iterator[Section | Note]:
    """Yield what text boxes on the sheets of an XLSX say, and how many formulas have no value that can be read."""
    if not data.startswith(b"PK"):
        return
    archive = Archive(data, "XLSX")
    sheets = [name for name in archive.names if name.startswith("xl/worksheets/sheet")]
    if count := sum(len(_NO_VALUE.findall(archive.read(name))) for name in sheets):
        yield Note(f"{count} of its formulas have no value yet: open it in a spreadsheet program, and save it")
    names = [name for name in archive.names if name.startswith("xl/drawings/drawing") and name.endswith(".xml")]
    if texts := [text for name in names for text in paragraphs(archive.xml(name))]:
        yield Section("Drawings", "\n".join(texts))


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat().removesuffix("T00:00:00")
    return " ".join(str(value).split())
