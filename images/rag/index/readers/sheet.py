"""Spreadsheets by calamine: XLSX, XLS, XLSB and ODS; a section a sheet, its head repeated with each chunk."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from typing import Any

from index.readers.section import Section, Unreadable
from index.readers.tables import sections_of_table


def read(data: bytes) -> Iterator[Section]:
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
    except python_calamine.PasswordError as error:
        raise Unreadable("it is protected by a password") from error
    except (python_calamine.CalamineError, ValueError) as error:
        raise Unreadable(f"invalid spreadsheet: {error}") from error


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat().removesuffix("T00:00:00")
    return " ".join(str(value).split())
