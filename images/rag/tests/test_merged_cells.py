"""Tables keep their columns under merges, and what a merge shows beside several rows is in each of them."""

from __future__ import annotations

from typing import Any

import pytest
from documents import odt
from index.readers import read
from index.readers.tables import Cell, laid_out
from pptx.util import Inches
from test_drawings import document, slide, texts

HEAD = "<tr><th>Plan<th>Region<th>Price"
HTML = {
    "rows": (f"{HEAD}<tr><td rowspan=2>Gold<td>EU<td>10<tr><td>US<td>12", "Gold | EU | 10\nGold | US | 12"),
    "rows in the middle": (f"{HEAD}<tr><td>A<td rowspan=2>EU<td>1<tr><td>B<td>2", "A | EU | 1\nB | EU | 2"),
    "rows at the end": (f"{HEAD}<tr><td>A<td>EU<td rowspan=3>1<tr><td>B<td>US", "A | EU | 1\nB | US | 1"),
    "columns": (f"{HEAD}<tr><td colspan=2>Free<td>0", "Free |  | 0"),
    "both": (
        f"{HEAD}<tr><td rowspan=2 colspan=2>All<td>1<tr><td>2<tr><td>B<td>US<td>3",
        "All |  | 1\nAll |  | 2\nB | US | 3",
    ),
    "to the end": (f"{HEAD}<tr><td rowspan=0>A<td>EU<td>1<tr><td>US<td>2", "A | EU | 1\nA | US | 2"),
    "two next to each other": (
        f"{HEAD}<tr><td rowspan=3>A<td rowspan=2>EU<td>1<tr><td>2<tr><td>US<td>3",
        "A | EU | 1\nA | EU | 2\nA | US | 3",
    ),
    "a row without cells": (f"{HEAD}<tr><td rowspan=3>A<td>EU<td>1<tr><tr><td>US<td>2", "A | EU | 1\nA | US | 2"),
    "no number": (f"{HEAD}<tr><td rowspan=two colspan=-1>A<td colspan=99999>EU<td>1", "A | EU | 1"),
    "beyond the table": (f"{HEAD}<tr><td rowspan=90>A<td>EU<td>1", "A | EU | 1"),
    "a column without text": (f"{HEAD}<th><tr><td>A<td>EU<td>1<td> ", "A | EU | 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", HTML)
def test_html(name: str) -> None:
    rows, wanted = HTML[name]
    (section,) = read(f"<table>{rows}</table>".encode(), "text/html").sections
    assert section.text == f"Plan | Region | Price\n{wanted}"


GROUPS = "<tr><th rowspan=2>Region<th colspan=2>Sales<tr><th>2019<th>2020"
HEADS = {
    "groups of columns": (f"{GROUPS}<tr><td>EU<td>1<td>2", "Region | Sales 2019 | Sales 2020\nEU | 1 | 2"),
    "a row over all": (
        f"<tr><th colspan=3>Plans{HEAD}<tr><td>A<td>EU<td>1",
        "Plans\n\nPlan | Region | Price\nA | EU | 1",
    ),
    "a head of plain cells": ("<thead><tr><td>a<td>b</thead><tr><td>1<td>2", "a | b\n1 | 2"),
    "a row over groups": (
        f"<tr><th colspan=3>Plans{GROUPS}<tr><th>EU<td>1<td>2",
        "Plans\n\nRegion | Sales 2019 | Sales 2020\nEU | 1 | 2",
    ),
    "nothing but heads": ("<tr><th>a<th>b<tr><th>c<th>d", "a | b\nc | d"),
    "a head alone": ("<tr><th>a<th>b", "a | b"),
    "heads of rows": ("<tr><th>a<td>1<tr><th>b<td>2", "a 1\nb 2"),
    "one head over cells": ("<tr><th>a<tr><td>1<td>2", "a\n1 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_heads_of_html(name: str) -> None:
    rows, wanted = HEADS[name]
    (section,) = read(f"<table>{rows}</table>".encode(), "text/html").sections
    assert section.text == wanted


def test_what_is_long_is_said_once() -> None:
    long = "word " * 100
    (section,) = read(f"<table>{HEAD}<tr><td rowspan=2>{long}<td>EU<td>1<tr><td>US<td>2".encode(), "text/html").sections
    assert section.text == f"Plan | Region | Price\n{long.strip()} | EU | 1\n | US | 2"


def word_cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"


START, ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
WORD = {
    "rows": (
        [
            [("Gold", START), ("EU", "")],
            [("", ON), ("US", "")],
            [("Free", ""), ("all", "")],
        ],
        "Gold | EU\nGold | US\nFree | all",
    ),
    "one after the other": (
        [[("A", START), ("1", "")], [("", ON), ("2", "")], [("B", START), ("3", "")], [("", ON), ("4", "")]],
        "A | 1\nA | 2\nB | 3\nB | 4",
    ),
    "columns": (
        [[("a", ""), ("b", ""), ("c", "")], [("A", '<w:gridSpan w:val="2"/>'), ("C", "")]],
        "a | b | c\nA |  | C",
    ),
    "both": (
        [
            [("A", f'<w:gridSpan w:val="2"/>{START}'), ("1", "")],
            [("", f'<w:gridSpan w:val="2"/>{ON}'), ("2", "")],
            [("a", ""), ("b", ""), ("3", "")],
        ],
        "A |  | 1\nA |  | 2\na | b | 3",
    ),
    "no number": ([[("A", '<w:gridSpan w:val="x"/>'), ("B", f'<w:gridSpan w:val="{"9" * 5000}"/>')]], "A | B"),
}  # fmt: skip


@pytest.mark.parametrize("name", WORD)
def test_word(name: str) -> None:
    rows, wanted = WORD[name]
    table = "".join(f"<w:tr>{''.join(word_cell(*cell) for cell in row)}</w:tr>" for row in rows)
    assert texts(document(f"<w:tbl>{table}</w:tbl>"), ".docx") == [("", wanted)]


def writer_cell(text: str, more: str = "") -> str:
    return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"


COVERED = "<table:covered-table-cell/>"
ROWS, COLUMNS = 'table:number-rows-spanned="2"', 'table:number-columns-spanned="2"'
WRITER = {
    "rows": (
        [
            writer_cell("Gold", ROWS) + writer_cell("EU"),
            COVERED + writer_cell("US"),
            writer_cell("A") + writer_cell("B"),
        ],
        "Gold | EU\nGold | US\nA | B",
    ),
    "columns": (
        [
            writer_cell("a") + writer_cell("b") + writer_cell("c"),
            writer_cell("A", COLUMNS) + COVERED + writer_cell("C"),
        ],
        "a | b | c\nA |  | C",
    ),
    "both": (
        [
            writer_cell("A", f"{ROWS} {COLUMNS}") + COVERED + writer_cell("1"),
            f'<table:covered-table-cell table:number-columns-repeated="2"/>{writer_cell("2")}',
            writer_cell("a") + writer_cell("b") + writer_cell("3"),
        ],
        "A |  | 1\nA |  | 2\na | b | 3",
    ),
    "repeated": (
        [writer_cell("a", 'table:number-columns-repeated="2"') + writer_cell("b")],
        "a | a | b",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITER)
def test_writer(name: str) -> None:
    rows, wanted = WRITER[name]
    lines = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    assert texts(odt(f"<table:table>{lines}</table:table>"), ".odt") == [("", wanted)]


def test_a_slide() -> None:
    def draw(made: Any) -> None:
        table = made.shapes.add_table(3, 3, 0, 0, Inches(3), Inches(3)).table
        for row, words in enumerate((("Plan", "Region", "Price"), ("Gold", "EU", "10"), ("", "US", "12"))):
            for column, word in enumerate(words):
                table.cell(row, column).text = word
        table.cell(1, 0).merge(table.cell(2, 0))

    assert slide(draw) == [
        ("T > slide 1", "Plan | Region | Price\nGold | EU | 10\nGold | US | 12"),
        ("T > slide 1", "T"),
    ]


def test_a_cell_that_spans_more_than_there_is() -> None:
    rows = [[Cell("a", 1000, 60000)], *([Cell("b")] for _ in range(2000))]
    assert laid_out(rows, skips=True) == [["a", ""], *(["a", "b"] for _ in range(2000))]
