"""Raised numbers keep a mark, in every format that says that they are raised: 10^6 is not 106."""

from __future__ import annotations

import pytest
from documents import odt
from index.readers import MEDIA, read
from pptx.oxml import parse_xml
from spreadsheets import xlsx
from test_drawings import document, slide, texts

HTML = {
    "10<sup>6</sup> m<sup>2</sup>": "10^6 m^2",
    "5\u00d710<sup>\u22123</sup>, 10<sup>-3</sup>, 2<sup>+1</sup>": "5\u00d710^\u22123, 10^-3, 2^+1",
    "(a + b)<sup>2</sup>": "(a + b)^2",
    "in 2021<sup>4</sup>": "in 2021^4",
    "a note<sup><a href=#f>12</a></sup>": "a note^12",
    "in 2020<sup><a href=#f>[3]</a></sup>": "in 2020[3]",
    "the 1<sup>st</sup>, 90<sup>o</sup>, Go<sup>TM</sup>": "the 1st, 90o, GoTM",
    "3<sup>1</sup>/<sub>2</sub> and 3<sup>1</sup>\u2044<sub>2</sub>": "3 1/2 and 3 1\u20442",
    "<sup>13</sup>C and H<sub>2</sub>O": "13C and H2O",
    "e<sup>x</sup>": "ex",
    "<sup></sup>a 10<sup></sup>": "a 10",
    "10<sup> 6 </sup>": "10^6",
    "a \ufdd0 b": "a  b",
}


@pytest.mark.parametrize("source", HTML)
def test_html(source: str) -> None:
    (section,) = read(f"<p>{source}</p>".encode(), "text/html; charset=utf-8").sections
    assert section.text == HTML[source]


def test_a_heading_and_a_cell() -> None:
    table = "<table><tr><th>a<th>m<sup>2</sup><tr><td>b<td>10<sup>3</sup></table>"
    (section,) = read(f"<h1>CO<sub>2</sub> in 10<sup>9</sup> t</h1>{table}".encode(), "text/html").sections
    assert (section.heading, section.text) == ("CO2 in 10^9 t", "a | m^2\nb | 10^3")


def test_word() -> None:
    raised = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>{}</w:t></w:r>'
    lowered = raised.replace("superscript", "subscript")
    block = f"<w:p><w:r><w:t>10</w:t></w:r>{raised.format('6')}<w:r><w:t> H</w:t></w:r>{lowered.format('2')}</w:p>"
    assert texts(document(block), ".docx") == [("", "10^6 H2")]


def test_a_slide() -> None:
    run = (
        '<a:r xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:rPr baseline="{}"/><a:t>{}</a:t></a:r>'
    )

    def draw(made: object) -> None:
        paragraph = made.shapes.title.text_frame.paragraphs[0]._p  # type: ignore[attr-defined]
        for baseline, text in (("0", "10"), ("30000", "6"), ("0", " H"), ("-25000", "2")):
            paragraph.append(parse_xml(run.format(baseline, text)))

    assert slide(draw) == [("T10^6 H2 > slide 1", "T10^6 H2")]


def test_writer() -> None:
    styles = "".join(
        f'<style:style style:name="{name}"><style:text-properties style:text-position="{place}"/></style:style>'
        for name, place in (("up", "super 58%"), ("higher", "33% 58%"), ("down", "sub 58%"), ("lower", "-33% 58%"))
    )
    span = '<text:span text:style-name="{}">{}</text:span>'
    words = f"10{span.format('up', 6)} m{span.format('higher', 2)} H{span.format('down', 2)}{span.format('lower', 3)}"
    assert texts(odt(f"<text:p>{words}</text:p>", styles=styles), ".odt") == [("", "10^6 m^2 H23")]


def test_a_workbook() -> None:
    strings = '<si><r><t>10</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>6</t></r><r><t> t</t></r></si>'
    (section, *_) = read(xlsx('<c t="s"><v>0</v></c>', strings=strings), MEDIA[".xlsx"]).sections
    assert section.text == "10^6 t"
