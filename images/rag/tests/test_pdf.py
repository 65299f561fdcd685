"""PDF: pages without text are named, words are whole, columns are read in order."""

from __future__ import annotations

import re

import pytest
from documents import pdf
from hypothesis import given
from hypothesis import strategies as st
from index.readers import Contents, Section, read
from index.readers import pdf as reader

FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


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
        (["1 0 1 1 0 1 0"], "1 0 1 1 0 1 0"),
        (["Saint-", "\\311tienne"], "Saint-\u00c9tienne"),
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


def made(content: str, page: str = "", catalogue: str = "", font: str = FONT, more: str = "") -> Contents:
    """Read a PDF of one page; PDFium finds its objects without a table. Object 6 and on are `more`."""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalogue} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources"
        f" << /Font << /F1 5 0 R >> /XObject << /I 6 0 R >> >> {page} >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        font,
        more or "<< >>",
    ]
    body = "".join(f"{number} 0 obj\n{each}\nendobj\n" for number, each in enumerate(objects, 1))
    return read(f"%PDF-1.7\n{body}trailer\n<< /Root 1 0 R >>\n%%EOF\n".encode("latin-1"), "application/pdf")


def shown(text: str, left: int = 72, low: int = 720) -> str:
    return f"BT /F1 12 Tf {left} {low} Td ({text}) Tj ET "


def test_letters_in_columns_are_no_word() -> None:
    (section,) = made("".join(shown(letter, 72 + 60 * place) for place, letter in enumerate("ABCDABCD"))).sections
    assert section.text == "A B C D A B C D"


def test_pdf_text_that_was_typed_on_the_page_and_never_drawn_is_text() -> None:
    note = "<< /Type /Annot /Subtype /FreeText /Contents (Typed.) /DA (/Helv 12 Tf) /Rect [9 9 99 99] /F 4 >>"
    assert made(shown("Body."), "/Annots [6 0 R]", more=note).sections == [Section("page 1", "Body.\nTyped.")]


def test_pdf_scan_with_a_stamp_is_told() -> None:
    pixels = "\0" * 100
    kind = "/Type /XObject /Subtype /Image /Width 10 /Height 10 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 100"
    picture = f"<< {kind} >>\nstream\n{pixels}\nendstream"
    assert made("q 612 0 0 792 0 0 cm /I Do Q " + shown("ABC-01"), more=picture) == Contents(
        [Section("page 1", "ABC-01")],
        ["1 of its 1 pages hold a picture with a few words (1): what the picture shows, such as a scan's, is not read"],
    )
    assert made("q 99 0 0 99 0 0 cm /I Do Q " + shown("A logo."), more=picture).notes == []


def test_pdf_fonts_that_do_not_say_what_they_show_are_told() -> None:
    child = "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A+Foo /CIDSystemInfo << /Registry (Adobe) /Ordering"
    child += " (Identity) /Supplement 0 >> /FontDescriptor << /Type /FontDescriptor /FontName /A+Foo /Flags 4 >> >>"
    font = "<< /Type /Font /Subtype /Type0 /BaseFont /A+Foo /Encoding /Identity-H /DescendantFonts [6 0 R] >>"
    contents = made("BT /F1 12 Tf 72 700 Td <0024002500260027002800290030> Tj ET", font=font, more=child)
    assert contents.notes == [
        "1 of its 1 pages have fonts that do not say which characters they show (1): their text may be read wrongly"
    ]


def test_pdf_attachments_and_forms_of_another_kind_are_named() -> None:
    file = "<< /Type /Filespec /F (a.txt) /UF (a.txt) >>"
    contents = made(shown("See."), "", "/Names << /EmbeddedFiles << /Names [(a.txt) 6 0 R] >> >>", more=file)
    assert contents.notes == ["what is attached to it is not read: a.txt"]
    form = "/NeedsRendering true /AcroForm << /Fields [] /XFA [(template) 6 0 R] >>"
    (note,) = made(shown("Please wait."), "", form, more="<< /Length 4 >>\nstream\n<x/>\nendstream").notes
    assert note == "it is a form of XFA, which is not read: its pages may only say which program shows it"
