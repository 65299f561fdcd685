"""What office documents show outside of plain runs: forms, rows that were struck out, notes, merged cells, odd ids."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import documents
import docx
import pptx
import pytest
from documents import odt
from index.readers import MEDIA, Unreadable, read
from index.readers.formats import media_type, parsed, readable
from pptx.oxml import parse_xml
from pptx.util import Inches
from spreadsheets import replaced
from test_drawings import document, slide, texts

P = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
FIELD = "<w:r><w:fldChar w:fldCharType='begin'><w:ffData>{}</w:ffData></w:fldChar></w:r>"
FORM = f"<w:p><w:r><w:t>Paid: </w:t></w:r>{FIELD}</w:p>"
CHOICES = "<w:listEntry w:val='No'/><w:listEntry w:val='Yes'/>"
WORD = {
    "a choice": (FORM.format(f"<w:ddList><w:result w:val='1'/>{CHOICES}</w:ddList>"), "Paid: Yes"),
    "a first choice": (FORM.format(f"<w:ddList>{CHOICES}</w:ddList>"), "Paid: No"),
    "a ticked box": (FORM.format("<w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox>"), "Paid: \u2612"),
    "a box by default": (FORM.format("<w:checkBox><w:default w:val='0'/></w:checkBox>"), "Paid: \u2610"),
    "a row that was struck out": (
        f"<w:tbl><w:tr><w:tc>{P.format('a')}</w:tc></w:tr>"
        f"<w:tr><w:trPr><w:del w:id='1'/></w:trPr><w:tc>{P.format('gone')}</w:tc></w:tr></w:tbl>",
        "a",
    ),
    "a tab of its own kind": ("<w:p><w:r><w:t>a</w:t><w:ptab w:alignment='right'/><w:t>b</w:t></w:r></w:p>", "a\tb"),
    "a field's result": ("<w:p><w:fldSimple w:instr='DATE'><w:r><w:t>2024</w:t></w:r></w:fldSimple></w:p>", "2024"),
    "hidden text": ("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>", "hidden"),
}  # fmt: skip


@pytest.mark.parametrize("name", WORD)
def test_word(name: str) -> None:
    block, wanted = WORD[name]
    assert texts(document(block), ".docx") == [("", wanted)]


def other_form(data: bytes, suffix: str) -> bytes:
    """Return an office document as of another form of its format, by its main part."""
    return replaced(data, *MAIN[suffix])


WORD_MAIN, SLIDES_MAIN = (
    "openxmlformats-officedocument.wordprocessingml.",
    "openxmlformats-officedocument.presentationml.",
)
SHEET_MAIN = "openxmlformats-officedocument.spreadsheetml."
MAIN = {
    ".docm": (f"{WORD_MAIN}document.main", "ms-word.document.macroEnabled.main"),
    ".dotx": (f"{WORD_MAIN}document.main", f"{WORD_MAIN}template.main"),
    ".dotm": (f"{WORD_MAIN}document.main", "ms-word.template.macroEnabledTemplate.main"),
    ".pptm": (f"{SLIDES_MAIN}presentation.main", "ms-powerpoint.presentation.macroEnabled.main"),
    ".potx": (f"{SLIDES_MAIN}presentation.main", f"{SLIDES_MAIN}template.main"),
    ".potm": (f"{SLIDES_MAIN}presentation.main", "ms-powerpoint.template.macroEnabled.main"),
    ".ppsx": (f"{SLIDES_MAIN}presentation.main", f"{SLIDES_MAIN}slideshow.main"),
    ".ppsm": (f"{SLIDES_MAIN}presentation.main", "ms-powerpoint.slideshow.macroEnabled.main"),
    ".xlsm": (f"{SHEET_MAIN}sheet.main", "ms-excel.sheet.macroEnabled.main"),
    ".xltx": (f"{SHEET_MAIN}sheet.main", f"{SHEET_MAIN}template.main"),
    ".xltm": (f"{SHEET_MAIN}sheet.main", "ms-excel.template.macroEnabled.main"),
}


@pytest.mark.parametrize("suffix", MAIN)
def test_another_form_is_read_as_the_format_that_it_is_of(suffix: str) -> None:
    base = {"d": ".docx", "p": ".pptx", "x": ".xlsx"}[suffix[1]]
    data = {".docx": documents.docx, ".pptx": pptx_of_one_slide, ".xlsx": documents.xlsx}[base]()
    other = other_form(data, suffix)
    assert other != data
    read_so = read(other, media_type("", f"s3://b/a{suffix.upper()}"))
    assert read_so.sections == read(data, MEDIA[base]).sections
    assert read_so.sections


def pptx_of_one_slide() -> bytes:
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "T"
    deck.save(held := io.BytesIO())
    return held.getvalue()


@pytest.mark.parametrize(
    ("media", "base"),
    [
        ("application/vnd.ms-word.document.macroEnabled.12", ".docx"),
        ("application/vnd.openxmlformats-officedocument.presentationml.slideshow", ".pptx"),
        ("application/vnd.ms-excel.sheet.macroEnabled.12", ".xlsx"),
        ("application/vnd.oasis.opendocument.text-template", ".odt"),
    ],
)
def test_another_form_by_its_media_type(media: str, base: str) -> None:
    assert readable(media)
    assert parsed(media)[0] == MEDIA[base]


def test_the_strict_form_says_what_to_do() -> None:
    docx.Document().save(held := io.BytesIO())
    strict = ("http://schemas.openxmlformats.org/officeDocument/2006", "http://purl.oclc.org/ooxml/officeDocument")
    with pytest.raises(Unreadable) as raised:
        read(replaced(held.getvalue(), *strict), MEDIA[".docx"])
    assert str(raised.value) == "it is in Office's strict form of DOCX, which is not read; save it as DOCX"


@pytest.mark.parametrize(("made", "suffix"), [(documents.xlsx, ".docx"), (documents.xlsx, ".pptx")])
def test_a_document_of_another_program(made: Callable[[], bytes], suffix: str) -> None:
    part = f"application/vnd.{SHEET_MAIN}sheet.main+xml"
    with pytest.raises(Unreadable, match=f"^invalid {suffix[1:].upper()}: its main part is {re.escape(part)}$"):
        read(made(), MEDIA[suffix])


MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
FORMULA = f'<a14:m xmlns:a14="a14" xmlns:m="{MATH}"><m:oMath><m:r><m:t> E=m</m:t></m:r></m:oMath></a14:m>'


def one_id(made: Any) -> None:
    """A box with the id of the title, as programs that copy slides write it."""
    box = made.shapes.add_textbox(0, 0, 9, 9)
    box.text_frame.text = "Own text"
    box._element.nvSpPr.cNvPr.set("id", str(made.shapes.title.shape_id))


def noted(made: Any) -> None:
    made.notes_slide.notes_text_frame.text = "one\vtwo"
    made.notes_slide.shapes._spTree.append(parse_xml(BOX))


def formulas(made: Any) -> None:
    made.shapes.title.text_frame.paragraphs[0]._p.append(parse_xml(FORMULA))
    cell = made.shapes.add_table(1, 1, 0, 0, Inches(1), Inches(1)).table.cell(0, 0)
    cell.text_frame.paragraphs[0]._p.append(parse_xml(FORMULA))


A = "http://schemas.openxmlformats.org/drawingml/2006/main"
BOX = (
    f'<p:sp xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="{A}"><p:nvSpPr>'
    '<p:cNvPr id="9" name="b"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>'
    "<a:p><a:r><a:t>boxed</a:t></a:r></a:p></p:txBody></p:sp>"
)


@pytest.mark.parametrize(
    ("draw", "wanted"),
    [
        (one_id, [("T > slide 1", "Own text")]),
        (noted, [("T > slide 1", "one\ntwo\n\nboxed")]),
        (formulas, [("T E=m > slide 1", "E=m"), ("T E=m > slide 1", "T E=m")]),
    ],
)
def test_a_slide(draw: Callable[[Any], None], wanted: list[tuple[str, str]]) -> None:
    assert slide(draw) == wanted


def test_cells_under_a_merge_keep_their_columns() -> None:
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    rows = [cell.format("East") + cell.format("1"), "<table:covered-table-cell/>" + cell.format("2")]
    lines = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    assert texts(odt(f"<table:table>{lines}</table:table>"), ".odt") == [("", "East | 1\n | 2")]
