"""Spreadsheets by calamine: XLSX, XLS, XLSB and ODS; a section a sheet, its head repeated with each chunk."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator
from typing import Any

from index.readers import opendocument
from index.readers.archive import Archive
from index.readers.drawings import paragraphs
from index.readers.section import Note, Section, Unreadable
from index.readers.tables import sections_of_table

_NO_VALUE = re.compile(
    rb"<c\s([^<>]{0,200})>\s*<f(?:\s[^<>]{0,500})?(?:/>|>[^<]{0,9000}</f>)\s*(?:<v\s?/>|<v>\s*</v>)?\s*</c>"
)
_TEXT_VALUE = b't="str"'  # of a formula whose value is a text, which may be empty
_DRAWINGS = ("xl/drawings/drawing", "xl/charts/chart", "xl/diagrams/data")
_OPENDOCUMENT = "content.xml"
_EXACT = 2**53  # whole numbers below it are as they were written


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
    """Yield what text boxes and charts say, and how many formulas of an XLSX have no value that can be read."""
    if not data.startswith(b"PK"):
        return
    archive = Archive(data, "XLSX")
    if _OPENDOCUMENT in archive.names:
        texts = list(opendocument.drawn(archive.xml(_OPENDOCUMENT)))
    else:
        sheets = [archive.read(name) for name in archive.names if name.startswith("xl/worksheets/sheet")]
        if count := sum(1 for sheet in sheets for about in _NO_VALUE.findall(sheet) if _TEXT_VALUE not in about):
            yield Note(f"{count} of its formulas have no value yet: open it in a spreadsheet program, and save it")
        names = [name for name in archive.names if name.startswith(_DRAWINGS) and name.endswith(".xml")]
        texts = [text for name in names for text in paragraphs(archive.xml(name))]
    if texts:
        yield Section("Drawings", "\n".join(texts))


def _cell(value: Any) -> str:
    if isinstance(value, float):  # spreadsheet programs show fifteen digits: 0.3 where 0.1 and 0.2 were added
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else f"{value:.15g}"
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat().removesuffix("T00:00:00")
    return " ".join(str(value).split())
