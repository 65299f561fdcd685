"""What office documents say outside of their paragraphs and cells: formulas, drawings, diagrams, tables in cells."""

from __future__ import annotations

import io
from typing import Any

import docx as word
import pptx
import pytest
import xlsxwriter
from documents import odt, zipped
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
    assert contents.notes == ["1 of its formulas have no value yet: open it in a spreadsheet program, and save it"]


def test_notes_frames_and_tables_in_cells_of_opendocument() -> None:
    body = "<text:note-body><text:p>Note.</text:p></text:note-body>"
    note = f"<text:note><text:note-citation>1</text:note-citation>{body}</text:note>"
    cell = "<table:table-cell><text:p>{}</text:p>{}</table:table-cell>"
    table = "<table:table><table:table-row>{}</table:table-row></table:table>"
    inner = table.format(cell.format("in", ""))
    data = odt(f"<office:text><text:p>A{note} b</text:p>{table.format(cell.format('Out', inner))}</office:text>")
    assert [text for _, text in texts(data, ".odt")] == ["A (Note. ) b", "Out in"]


def book(spine: str, **parts: str) -> bytes:
    items = '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/><item id="b" href="b.xhtml"'
    items += ' media-type="application/xhtml+xml"/><item id="c" href="c.svg" media-type="image/svg+xml"/>'
    return zipped(
        {
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="p.opf"/></rootfiles></container>',
            "p.opf": f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine></package>',
            "a.xhtml": "<html><body><h1>One</h1><p>First.</p></body></html>",
            "c.svg": "<svg/>",
            **parts,
        }
    )


def test_a_book_that_lacks_pages_names_them() -> None:
    contents = read(book('<itemref idref="a"/><itemref idref="b"/><itemref idref="c"/>'), MEDIA[".epub"])
    assert [section.text for section in contents.sections] == ["First."]
    assert contents.notes == ["its page b.xhtml is not in it", "its page c.svg is image/svg+xml, which is not read"]


def test_a_book_whose_pages_are_encrypted_is_not_read_as_text() -> None:
    space = "http://www.w3.org/2001/04/xmlenc#"
    locked = (
        f'<encryption xmlns:e="{space}"><e:CipherData><e:CipherReference URI="a.xhtml"/></e:CipherData></encryption>'
    )
    with pytest.raises(Unreadable, match="encrypted"):
        read(book('<itemref idref="a"/>', **{"META-INF/encryption.xml": locked}), MEDIA[".epub"])
