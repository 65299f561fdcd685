"""Spreadsheets are read as a person sees them, and what shows no value is named: XLSX and ODS, written by hand."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter
from index.readers import MEDIA, Unreadable, read
from spreadsheets import cell, ods, replaced, table, xlsx

MERGED = '<mergeCells><mergeCell ref="{}"/></mergeCells>'
SECOND = '<c r="A2" t="str"><v>b</v></c>'


def number(value: str, style: int = 0, ref: str = "A1") -> str:
    return f'<c r="{ref}" s="{style}"><v>{value}</v></c>'


def string(text: str, ref: str) -> str:
    return f'<c r="{ref}" t="inlineStr"><is><t>{text}</t></is></c>'


def text(data: bytes, suffix: str = ".xlsx") -> str:
    (section, *_) = read(data, MEDIA[suffix]).sections
    return section.text


XLSX: dict[str, tuple[bytes, str]] = {
    "a percentage": (xlsx(number("0.25", 1), formats=["0%"]), "25%"),
    "a built-in date": (xlsx(number("45413", 1)), "2024-05-01"),
    "a date of 1904": (xlsx(number("43951", 1), since_1904=True), "2024-05-01"),
    "leading zeros": (xlsx(number("42", 1), formats=["00000"]), "00042"),
    "a currency": (xlsx(number("9.5", 1), formats=["[$€-407]0.00"]), "€9.50"),
    "a boolean": (xlsx('<c t="b"><v>1</v></c><c t="b"><v>0</v></c>'), "TRUE | FALSE"),
    "an ISO date": (xlsx('<c t="d"><v>2024-05-01T00:00:00</v></c><c t="d"><v>2024-05-01T12:30:00Z</v></c>'),
                    "2024-05-01 | 2024-05-01 12:30:00"),
    "sixteen digits and more": (xlsx(number("9007199254740993")), "9007199254740993"),
    "a number between two floats": (xlsx(number("0.30000000000000004")), "0.3"),
    "exponent in the file alone": (xlsx(number("1E+05")), "100000"),
    "rich text with a reading": (
        xlsx(
            '<c t="s"><v>0</v></c>',
            strings="<si><r><t>\u6f22</t></r><r><t>\u5b57</t></r><rPh><t>kanji</t></rPh></si>",
        ),
        "\u6f22\u5b57",
    ),
    "an escaped line end": (xlsx(string("a_x000D_\nb _x005F_x", "A1")), "a b _x"),
    "the text of a formula": (xlsx('<c t="str"><f>A2&amp;"x"</f><v>bx</v></c>'), "bx"),
    "a text with words of its format": (xlsx('<c t="str" s="1"><v>5</v></c>', formats=['@" kg"']), "5 kg"),
    "columns without any text": (xlsx(string("a", "B1") + string("b", "XFD1")), "a | b"),
    "cells that name no place": (xlsx('<c t="str"><v>a</v></c><c/><c t="str"><v>b</v></c>', SECOND), "a | b\nb | "),
    "a merge over rows": (
        xlsx(string("k", "A1") + string("v", "B1"), string("East", "A2") + string("1", "B2"), string("2", "B3"), "",
             after=MERGED.format("A2:A4")),
        "k | v\nEast | 1\nEast | 2",
    ),
    "a merge over columns": (
        xlsx(string("Q1", "A1"), string("a", "A2") + string("b", "B2"), after=MERGED.format("A1:B1")),
        "Q1 | \na | b",
    ),
    "a hidden sheet": (xlsx(string("a", "A1"), state="hidden"), "a"),
    "a format that hides": (xlsx(number("7", 1), formats=[";;;"]), "7"),
    "a style that there is not": (xlsx(number("7", 99)), "7"),
    "an invalid number": (xlsx(number("seven")), "seven"),
}  # fmt: skip


@pytest.mark.parametrize("name", XLSX)
def test_a_sheet_of_excel(name: str) -> None:
    data, wanted = XLSX[name]
    assert text(data) == wanted
    assert read(data, MEDIA[".xlsx"]).notes == []


ODS: dict[str, tuple[str, str]] = {
    "a percentage": (cell("percentage", "25 %", value=0.25), "25 %"),
    "a currency": (cell("currency", "1.234,50 €", value=1234.5), "1.234,50 €"),
    "a date": (cell("date", "01.05.24", date_value="2024-05-01"), "2024-05-01"),
    "a date and time": (cell("date", "1/5 12:30", date_value="2024-05-01T12:30:00"), "2024-05-01 12:30:00"),
    "a time": (cell("time", "6:30 PM", time_value="PT18H30M00S"), "18:30:00"),
    "a duration": (cell("time", "25:30", time_value="PT25H30M00.5S"), "25:30:00"),
    "a boolean": (cell("boolean", "WAHR", boolean_value="true"), "TRUE"),
    "leading zeros": (cell("float", "00042", value=42), "00042"),
    "an amount in a narrow column": (cell("float", "###", value=1234567), "1234567"),
    "a number that shows nothing": (cell("float", value=7), "7"),
    "a row of cells": (cell(text="a") + cell(kind="", t_number_columns_repeated=3) + cell(text="b"), "a | b"),
    "a cell that is repeated": (cell(text="a", t_number_columns_repeated=2), "a | a"),
    "spaces and a link": (cell(text='a<text:s text:c="3"/><text:a>b</text:a>'), "a b"),
}


@pytest.mark.parametrize("name", ODS)
def test_a_sheet_of_opendocument(name: str) -> None:
    cells, wanted = ODS[name]
    data = ods(table(cells))
    assert text(data, ".ods") == wanted
    assert read(data, MEDIA[".ods"]).notes == []


def test_errors_are_kept_and_named() -> None:
    failed = '<c r="{}" t="e"><f>x</f><v>{}</v></c>'
    cells = failed.format("B1", "#REF!") + failed.format("C1", "#DIV/0!") + failed.format("AA1", "#REF!")
    contents = read(xlsx(string("a", "A1") + cells), MEDIA[".xlsx"])
    assert contents.sections[0].text == "a | #REF! | #DIV/0! | #REF!"
    assert contents.notes == ["cells show errors in place of values: #REF! 2 (S!B1, S!AA1), #DIV/0! 1 (S!C1)"]
    errors = cell("string", "#N/A", t_formula="of:=x") + cell("float", "Err:502", value=0, t_formula="of:=y")
    contents = read(ods(table(errors)), MEDIA[".ods"])
    assert contents.sections[0].text == "#N/A | Err:502"
    assert contents.notes == ["cells show errors in place of values: #N/A 1 (T!A1), Err:502 1 (T!B1)"]


REMEDY = "open it in a spreadsheet program, and save it"


def test_formulas_without_a_value_are_named() -> None:
    """One whose value is an empty text has one; six are counted, and five of them listed."""
    empty = '<c r="A1" t="str"><f>""</f><v></v></c>'
    cells = "".join(f'<c r="{letter}1"><f t="shared" si="0"/></c>' for letter in "BCDEFG")
    contents = read(xlsx(empty + cells + string("a", "H1")), MEDIA[".xlsx"])
    listed = "S!B1, S!C1, S!D1, S!E1, S!F1 and 1 more"
    assert contents.notes == [f"6 of its formulas have no value yet ({listed}): {REMEDY}"]
    contents = read(ods(table(cell(text="a") + cell("", t_formula="of:=x"))), MEDIA[".ods"])
    assert contents.notes == [f"1 of its formulas have no value yet (T!B1): {REMEDY}"]


def test_notes_on_cells_are_read_and_threads_are_left_out() -> None:
    comment = "<comment ref='{}'><text><r><t>{}</t></r></text></comment>"
    comments = comment.format("A1", "with\nVAT") + comment.format("B1", "[Threaded comment] Your version of Excel ...")
    contents = read(xlsx(string("a", "A1"), comments=comments), MEDIA[".xlsx"])
    assert [(section.heading, section.text) for section in contents.sections] == [
        ("S", "a"),
        ("Notes", "S!A1: with VAT"),
    ]
    note = "<office:annotation><text:p>with</text:p><text:p>VAT</text:p></office:annotation>"
    noted = f"<table:table-cell>{note}</table:table-cell>"
    contents = read(ods(table(cell(text="a") + noted)), MEDIA[".ods"])
    assert [(section.heading, section.text) for section in contents.sections] == [
        ("T", "a"),
        ("Notes", "T!B1: with VAT"),
    ]


def test_rows_of_opendocument_that_are_grouped_merged_or_of_another_file() -> None:
    rows = [cell(text="East", t_number_rows_spanned=2) + cell(text="1"), "<table:covered-table-cell/>" + cell(text="2")]
    row = f"<table:table-row>{cell(text='3')}</table:table-row>"
    grouped = f"<table:table-row-group>{row}</table:table-row-group>"
    own = table(*rows).replace("</table:table>", f"{grouped}</table:table>")
    other = table(cell(text="cached"), name="'file:///other.ods'#S", about='table:style-name="ta_extref"')
    assert [section.text for section in read(ods(own, other), MEDIA[".ods"]).sections] == ["East | 1\nEast | 2\n3 | "]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (xlsx('<c t="s"><v>5</v></c>'), "it has no shared text 5"),
        (xlsx("<c><v>1</v>"), "xl/worksheets/sheet1.xml is not XML"),
    ],
)
def test_a_torn_sheet_says_so(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=f"^invalid .*{why}"):
        read(data, MEDIA[".xlsx"])


def test_a_sheet_that_is_read_past_an_error_says_so() -> None:
    contents = read(ods(table(cell(text="a"), "<table:table-cell")), MEDIA[".ods"])
    assert [section.text for section in contents.sections] == ["a"]
    assert contents.notes == ["content.xml is torn at line 1, and what is there may not be read: save it again"]


def test_a_workbook_in_the_strict_form() -> None:
    data = replaced(
        xlsx(number("0.25", 1), formats=["0%"]), "http://schemas.openxmlformats.org/", "http://purl.oclc.org/"
    )
    assert text(data) == "25%"


def test_a_workbook_of_a_program() -> None:
    """What xlsxwriter makes of formats, two sheets and a merge."""
    book = xlsxwriter.Workbook(held := io.BytesIO())
    first: Any = book.add_worksheet("Sales")
    first.write_row(0, 0, ["Region", "Share", "From"])
    first.merge_range("A2:A3", "East")
    for row, (share, day) in enumerate([(0.125, 45413), (0.5, 45414.5)], 1):
        first.write_number(row, 1, share, book.add_format({"num_format": "0.0%"}))
        first.write_number(row, 2, day, book.add_format({"num_format": "dd/mm/yyyy hh:mm"}))
    first.set_row(2, None, None, {"hidden": True})
    second: Any = book.add_worksheet("Codes")
    second.write_string(0, 0, "007")
    second.hide()
    book.close()
    assert [(section.heading, section.text) for section in read(held.getvalue(), MEDIA[".xlsx"]).sections] == [
        ("Sales", "Region | Share | From\nEast | 12.5% | 2024-05-01 00:00\nEast | 50.0% | 2024-05-02 12:00"),
        ("Codes", "007"),
    ]
