"""Workbooks of Excel 97 to 2003: cells as the sheet shows them, and what is damaged said so."""

from __future__ import annotations

import contextlib
import datetime
import io
import random
from typing import Any

import pytest
import xlwt
from index.readers import MEDIA, Unreadable, read


def book(*rows: list[tuple[Any, str]], merged: tuple[int, int, int, int] | None = None) -> bytes:
    """A workbook of one sheet; a cell is a value and its format."""
    made = xlwt.Workbook()
    sheet = made.add_sheet("Sales")
    for number, row in enumerate(rows):
        for column, (value, code) in enumerate(row):
            style = xlwt.easyxf(num_format_str=code) if code else xlwt.XFStyle()
            if merged and (number, column) == (merged[0], merged[2]):
                sheet.write_merge(*merged, value, style)
            elif value is not None:
                sheet.write(number, column, value, style)
    made.save(held := io.BytesIO())
    return held.getvalue()


DAY = datetime.datetime(2024, 5, 1)
CELLS: dict[str, tuple[bytes, str]] = {
    "a percentage": (book([(0.25, "0%"), (0.125, "0.0%")]), "25% | 12.5%"),
    "a currency": (book([(9.5, '"€"0.00')]), "€9.50"),
    "leading zeros": (book([(42, "00000")]), "00042"),
    "brackets": (book([(-1234, "#,##0;(#,##0)")]), "(1,234)"),
    "a date": (book([(DAY, "d-mmm-yy")]), "2024-05-01"),
    "a time": (book([(DAY.replace(hour=12, minute=30), "yyyy-mm-dd h:mm")]), "2024-05-01 12:30"),
    "a number": (book([(3, ""), (2.5, "")]), "3 | 2.5"),
    "a boolean": (book([(True, ""), (False, "")]), "TRUE | FALSE"),
    "text": (book([("a\nb", ""), ("5", '@" kg"')]), "a b | 5 kg"),
    "a merge over rows": (
        book([("k", ""), ("v", "")], [("East", ""), (1, "")], [(None, ""), (2, "")], merged=(1, 2, 0, 0)),
        "k | v\nEast | 1\nEast | 2",
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_reads_as_it_is_shown(name: str) -> None:
    data, wanted = CELLS[name]
    (section,) = read(data, MEDIA[".xls"]).sections
    lines = [section.header, *section.text.splitlines()] if section.header else section.text.splitlines()
    assert (section.heading, "\n".join(filter(None, lines))) == ("Sales", wanted)


def test_errors_are_counted_by_cell() -> None:
    made = xlwt.Workbook()
    made.add_sheet("Sales").row(1).set_cell_error(0, "#REF!")
    made.get_sheet(0).write(0, 0, "total")
    made.save(held := io.BytesIO())
    contents = read(held.getvalue(), MEDIA[".xls"])
    assert contents.notes == ["cells show errors in place of values: #REF! 1 (Sales!A2)"]
    assert "#REF!" in contents.sections[0].text


def test_a_damaged_workbook_is_unreadable_and_ends_no_reader() -> None:
    whole = book(*[[(f"text {row} {column}", "0.00") for column in range(5)] for row in range(40)])
    chance = random.Random(4)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        del data[chance.choice([len(data), chance.randrange(len(data))]) :]
        with contextlib.suppress(Unreadable):
            read(bytes(data), MEDIA[".xls"])


def test_a_workbook_that_is_cut_says_so() -> None:
    whole = book(*[[(f"text {row}", "")] for row in range(2000)])
    with pytest.raises(Unreadable, match=r"^invalid spreadsheet: "):
        read(whole[: len(whole) // 2], MEDIA[".xls"])
