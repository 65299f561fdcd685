"""PDF: pages without text are named, words are whole, columns are read in order."""

from __future__ import annotations

import re

import pytest
from documents import pdf
from hypothesis import given
from hypothesis import strategies as st
from index.readers import Contents, Section, read
from index.readers import pdf as reader


def test_pdf_pages_without_text_are_told() -> None:
    assert read(pdf(["one", "", "", "four", ""]), "application/pdf") == Contents(
        [Section("page 1", "one"), Section("page 4", "four")],
        ["3 of its 5 pages hold no text (2 to 3, 5): pictures, such as a scan's, are not read"],
    )
    assert read(pdf(["", ""]), "application/pdf") == Contents(
        [], ["its 2 pages hold no text: pictures, such as a scan's, are not read"]
    )


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["docu-", "mentation"], "documentation"),
        (["a well-known fact, so well-", "known"], "a well-known fact, so well-known"),
        (["from 1990-", "2000"], "from 1990-\n2000"),
        (["T h e  l e t t e r s"], "The letters"),
        (["a b c d"], "a b c d"),
    ],
)
def test_pdf_words_are_whole(lines: list[str], text: str) -> None:
    shown = ") Tj 0 -14 Td (".join(lines)
    assert [section.text for section in read(pdf([shown]), "application/pdf").sections] == [text]


@given(st.lists(st.sampled_from(["a", "b", "ab", "-", "-\n", "\x02", "A", "1", "_", " ", "\u00e9", "\n"]), max_size=30))
def test_pdf_words_are_as_whole_as_a_search_of_the_whole_text_makes_them(pieces: list[str]) -> None:
    text = "".join(pieces)

    def whole(match: re.Match[str]) -> str:
        kept = f"{match[1]}-{match[2]}"
        return kept if kept in text else match[1] + match[2]

    assert reader._joined(text) == reader._BROKEN.sub(whole, text)


def test_pdf_columns_are_read_one_after_the_other() -> None:
    rows = [(f"left line {number} here", f"right line {number} there") for number in range(10)]
    drawn = ") Tj 230 0 Td (".join(["", ""])  # from one column to the other
    text = ") Tj -230 -14 Td (".join(drawn.join(row) for row in rows)
    (section,) = read(pdf([text]), "application/pdf").sections
    assert section.text.split("\n") == [row[0] for row in rows] + [row[1] for row in rows]


def test_pdf_notes_that_are_set_on_the_page_are_text() -> None:
    (section,) = read(pdf(["Body."], note="A note."), "application/pdf").sections
    assert section.text.split("\n") == ["Body.", "A note."]
