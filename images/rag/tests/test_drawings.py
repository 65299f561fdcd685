"""What office documents say outside of their paragraphs and cells: formulas, drawings, diagrams, tables in cells."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx as word
import pptx
import pytest
import xlsxwriter
from documents import odt, zipped
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from index.readers import MEDIA, Unreadable, read
from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

_OPEN = "http://schemas.openxmlformats.org"
_SPACES = {
    "w": f"{_OPEN}/wordprocessingml/2006/main",
    "m": f"{_OPEN}/officeDocument/2006/math",
    "mc": f"{_OPEN}/markup-compatibility/2006",
}
_RUN = "<w:r><w:t>{}</w:t></w:r>"
_P = f"<w:p>{_RUN}</w:p>"


def texts(data: bytes, suffix: str) -> list[tuple[str, str]]:
    return [(section.heading, section.text) for section in read(data, MEDIA[suffix]).sections]


def document(*blocks: str) -> bytes:
    names = " ".join(f'xmlns:{name}="{space}"' for name, space in _SPACES.items())
    made = word.Document()
    body = made.element.body
    for block in blocks:
        start = block.index(">") - (block[block.index(">") - 1] == "/")
        body.insert(len(body) - 1, parse_xml(f"{block[:start]} {names}{block[start:]}"))
    made.save(held := io.BytesIO())
    return held.getvalue()


WORD = {
    "a formula": (f"<w:p>{_RUN.format('So ')}<m:oMath><m:r><m:t>E=m</m:t></m:r></m:oMath></w:p>", [("", "So E=m")]),
    "a block moved here": (f'<w:moveTo w:id="1">{_P.format("Moved.")}</w:moveTo>', [("", "Moved.")]),
    "a tagged block": (f"<w:smartTag>{_P.format('Tagged.')}</w:smartTag>", [("", "Tagged.")]),
    "a block of newer programs": (
        f"<mc:AlternateContent><mc:Choice>{_P.format('Once.')}</mc:Choice><mc:Fallback>{_P.format('Once.')}</mc:Fallback>"
        "</mc:AlternateContent>",
        [("", "Once.")],
    ),
    "a table in a cell": (
        f"<w:tbl><w:tr><w:tc>{_P.format('Out')}<w:tbl><w:tr><w:tc>{_P.format('in')}</w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>",
        [("", "Out in")],
    ),
    "a letter of the font Symbol": (
        f'<w:p><w:r><w:sym w:font="Symbol" w:char="F061"/></w:r>{_RUN.format("-ray")}</w:p>',
        [("", "\u03b1-ray")],
    ),
    "a reading": (
        f"<w:p><w:r><w:ruby><w:rt>{_RUN.format('reading')}</w:rt><w:rubyBase>{_RUN.format('word')}</w:rubyBase>"
        "</w:ruby></w:r></w:p>",
        [("", "word(reading)")],
    ),
    "a box in a cell": (
        f"<w:tbl><w:tr><w:tc><w:p>{_RUN.format('Out ')}<w:r><w:pict><w:txbxContent>{_P.format('in')}</w:txbxContent>"
        "</w:pict></w:r></w:p></w:tc></w:tr></w:tbl>",
        [("", "Out in")],
    ),
    "letters of another form": (_P.format("Cafe\u0301 docu\u00adment \ufb01le"), [("", "Caf\u00e9 document file")]),
}


@pytest.mark.parametrize("name", WORD)
def test_word(name: str) -> None:
    block, wanted = WORD[name]
    assert texts(document(block), ".docx") == wanted


def test_a_heading_of_word_by_its_outline_level() -> None:
    head = f'<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr>{_RUN.format("Head")}</w:p>'
    assert texts(document(head, _P.format("Text.")), ".docx") == [("Head", "Text.")]


def test_a_heading_of_word_by_the_style_that_its_own_is_made_from() -> None:
    made = word.Document()
    own = made.styles.add_style("Company title", word.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    own.base_style = made.styles["Heading 2"]
    made.add_paragraph("Head", style=own)
    made.add_paragraph("Text.")
    made.save(held := io.BytesIO())
    assert texts(held.getvalue(), ".docx") == [("Head", "Text.")]


def slide(draw: Any) -> list[tuple[str, str]]:
    deck = pptx.Presentation()
    made = deck.slides.add_slide(deck.slide_layouts[5])
    made.shapes.title.text = "T"
    draw(made)
    deck.save(held := io.BytesIO())
    return texts(held.getvalue(), ".pptx")


def test_a_chart_of_a_slide() -> None:
    def draw(made: Any) -> None:
        data = CategoryChartData()
        data.categories = ["East", "West"]
        data.add_series("Sales", (1.5, 2))
        shape = made.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, 0, Inches(3), Inches(3), data)
        shape.chart.has_title = True
        shape.chart.chart_title.text_frame.text = "By region"

    assert slide(draw) == [("T > slide 1", "By region\nSales: East 1.5, West 2")]


def test_a_shape_of_newer_programs_on_a_slide() -> None:
    def draw(made: Any) -> None:
        box = made.shapes.add_textbox(0, 0, 9, 9)
        box.text_frame.text = "Newer"
        tree = box._element.getparent()
        both = etree.SubElement(tree, f"{{{_SPACES['mc']}}}AlternateContent")
        etree.SubElement(both, f"{{{_SPACES['mc']}}}Choice").append(box._element)

    assert slide(draw) == [("T > slide 1", "Newer")]


def test_a_sheet_with_a_text_box_and_a_formula_that_was_never_computed() -> None:
    book = xlsxwriter.Workbook(held := io.BytesIO())
    sheet = book.add_worksheet("S")
    sheet.write_row(0, 0, ["k", "v"])
    sheet.write_formula(1, 1, "=1+1", None, 2)
    sheet.write_formula(2, 1, "=1+2", None, "")
    sheet.insert_textbox(3, 3, "Box")
    book.close()
    contents = read(held.getvalue(), MEDIA[".xlsx"])
    assert [(section.heading, section.text) for section in contents.sections] == [
        ("S", "k | v\n | 2"),
        ("Drawings", "Box"),
    ]
    assert contents.notes == [
        "1 of its formulas have no value yet (S!B3): open it in a spreadsheet program, and save it"
    ]


def test_notes_frames_and_tables_in_cells_of_opendocument() -> None:
    body = "<text:note-body><text:p>Note.</text:p></text:note-body>"
    note = f"<text:note><text:note-citation>1</text:note-citation>{body}</text:note>"
    cell = "<table:table-cell><text:p>{}</text:p>{}</table:table-cell>"
    table = "<table:table><table:table-row>{}</table:table-row></table:table>"
    inner = table.format(cell.format("in", ""))
    data = odt(f"<office:text><text:p>A{note} b</text:p>{table.format(cell.format('Out', inner))}</office:text>")
    assert [text for _, text in texts(data, ".odt")] == ["A (Note. ) b", "Out in"]


def test_headings_readings_and_formulas_of_opendocument() -> None:
    """A heading in a cell, the reading of a word, a formula in a part of its own, and a picture in the text."""
    cell = '<table:table-cell><text:h text:outline-level="1">Head</text:h><text:p>x</text:p></table:table-cell>'
    table = f"<table:table><table:table-row>{cell}</table:table-row></table:table>"
    ruby = "<text:ruby><text:ruby-base>\u6f22</text:ruby-base><text:ruby-text>kanji</text:ruby-text></text:ruby>"
    picture = "<office:binary-data>AAAA</office:binary-data>"
    data = odt(f"<office:text><text:p>{ruby}{picture}</text:p>{table}</office:text>")
    formula = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>E</mi><annotation>E = m</annotation></math>'
    data = with_part(data, "Object 1/content.xml", formula)
    assert texts(data, ".odt") == [("", "\u6f22(kanji)"), ("", "Head x"), ("Drawings", "E = m")]


def test_an_opendocument_under_a_password_says_so() -> None:
    data = with_part(odt(""), "META-INF/manifest.xml", "<manifest><encryption-data/></manifest>")
    with pytest.raises(Unreadable, match="it is protected by a password"):
        read(data, MEDIA[".odt"])


def with_part(data: bytes, name: str, text: str) -> bytes:
    held = io.BytesIO(data)
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr(name, text)
    return held.getvalue()


def test_titles_of_charts_and_values_of_a_sheet() -> None:
    book = xlsxwriter.Workbook(held := io.BytesIO())
    sheet = book.add_worksheet("S")
    sheet.write_row(0, 0, [0.1 + 0.2, 1234567890123456, 12345678.9])
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=S!$A$1:$C$1"})
    chart.set_title({"name": "By year"})
    sheet.insert_chart("D4", chart)
    book.close()
    assert texts(held.getvalue(), ".xlsx") == [("S", "0.3 | 1234567890123456 | 12345678.9"), ("Drawings", "By year")]


def test_text_boxes_on_a_sheet_of_opendocument() -> None:
    space = "urn:oasis:names:tc:opendocument:xmlns"
    names = " ".join(f'xmlns:{name}="{space}:{name}:1.0"' for name in ("office", "text", "table"))
    cell = '<table:table-cell office:value-type="string"><text:p>cell</text:p></table:table-cell>'
    box = "<table:shapes><draw:frame><draw:text-box><text:p>Box</text:p></draw:text-box></draw:frame></table:shapes>"
    table = f'<table:table table:name="T">{box}<table:table-row>{cell}</table:table-row></table:table>'
    parts = {
        "mimetype": MEDIA[".ods"],
        "META-INF/manifest.xml": f'<m:manifest xmlns:m="{space}:manifest:1.0"/>',
        "content.xml": f'<office:document-content {names} xmlns:draw="{space}:drawing:1.0"><office:body>'
        f"<office:spreadsheet>{table}</office:spreadsheet></office:body></office:document-content>",
    }
    assert texts(zipped(parts), ".ods") == [("T", "cell"), ("Drawings", "Box")]


def test_what_another_program_wrote_into_a_document_is_named() -> None:
    deck = pptx.Presentation()
    made = deck.slides.add_slide(deck.slide_layouts[6])
    made.shapes.add_ole_object(io.BytesIO(b"PK"), "Excel.Sheet.12", 0, 0, Inches(1), Inches(1))
    deck.save(held := io.BytesIO())
    (note,) = read(held.getvalue(), MEDIA[".pptx"]).notes
    assert note.startswith("what is embedded in it is not read: ")
    html = Part(PackURI("/word/chunk.html"), "text/html", b"<p>Text.", (document := word.Document()).part.package)
    document.part.relate_to(html, f"{_OPEN}/officeDocument/2006/relationships/aFChunk")
    document.save(held := io.BytesIO())
    assert read(held.getvalue(), MEDIA[".docx"]).notes == ["what is embedded in it is not read: chunk.html"]
