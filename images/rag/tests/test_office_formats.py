"""Documents of office programs, books and messages: their text, in order, and no other format's."""

from __future__ import annotations

import io
from typing import Any

import pytest
from documents import book, message, odt, zipped
from index import identity, readers
from index.readers import MEDIA, Contents, Section, Unreadable, read


def test_a_word_document() -> None:
    import docx as library

    document = library.Document()
    document.add_heading("Guide", 0)
    document.add_paragraph("Start.")
    document.add_heading("Install", 1)
    paragraph = document.add_paragraph("Run ")
    paragraph.add_run("this").bold = True
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "a", "b"
    document.add_heading("Alone", 1)
    document.save(held := io.BytesIO())
    assert [(s.heading, s.text) for s in read(held.getvalue(), MEDIA[".docx"]).sections] == [
        ("Guide", "Start."),
        ("Guide > Install", "Run this\na | b"),
        ("Guide", "Alone"),
    ]


def test_word_text_that_other_readers_lose() -> None:
    """Tracked insertions, content controls and links; what was struck out is left out."""
    from docx import Document
    from docx.oxml import parse_xml

    document = Document()
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    run = "<w:r><w:t>{}</w:t></w:r>"
    body = document.element.body
    for inner in (
        f"<w:ins>{run.format('inserted')}</w:ins><w:del><w:r><w:delText>struck</w:delText></w:r></w:del>",
        f"<w:hyperlink>{run.format('linked')}</w:hyperlink>",
    ):
        body.insert(0, parse_xml(f"<w:p {space}>{inner}</w:p>"))
    body.insert(
        0, parse_xml(f"<w:sdt {space}><w:sdtContent><w:p>{run.format('controlled')}</w:p></w:sdtContent></w:sdt>")
    )
    document.save(held := io.BytesIO())
    assert [s.text.split("\n") for s in read(held.getvalue(), MEDIA[".docx"]).sections] == [
        ["controlled", "linked", "inserted"]
    ]


def test_a_presentation() -> None:
    import pptx

    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Plan"
    slide.placeholders[1].text = "First\nSecond"
    slide.notes_slide.notes_text_frame.text = "Say this."
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "Thanks"
    deck.save(held := io.BytesIO())
    assert [(s.heading, s.text) for s in read(held.getvalue(), MEDIA[".pptx"]).sections] == [
        ("Plan > slide 1", "First\nSecond\n\nSay this."),
        ("Thanks > slide 2", "Thanks"),
    ]


def test_an_opendocument_text() -> None:
    data = odt(
        '<text:h text:outline-level="1">Guide</text:h>'
        '<text:p>One<text:s text:c="2"/>two<text:line-break/>three</text:p>'
        '<text:h text:outline-level="2">Part <text:span>A</text:span></text:h><text:list><text:list-item><text:p>item'
        "</text:p></text:list-item></text:list><table:table><table:table-row><table:table-cell><text:p>a</text:p>"
        "</table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>"
    )
    assert [(s.heading, s.text) for s in read(data, MEDIA[".odt"]).sections] == [
        ("Guide", "One  two\nthree"),
        ("Guide > Part A", "item"),
        ("Guide > Part A", "a | b"),
    ]


def test_an_entity_is_not_resolved() -> None:
    data = zipped({"content.xml": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'})
    assert read(data, MEDIA[".odt"]).sections == []


def test_a_book() -> None:
    assert [(s.heading, s.text) for s in read(book(), MEDIA[".epub"]).sections] == [
        ("Book > One", "First."),
        ("Book > Two", "Last."),
    ]


def test_a_message() -> None:
    assert read(message(), MEDIA[".eml"]) == Contents(
        [Section("News of the \u00fcber-run", "From: a@example.com\n\nGr\u00fc\u00dfe")],
        ["what is attached to it is not read: a.pdf"],
        "News of the \u00fcber-run",
    )


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".xlsx", ".xls", ".ods", ".odt", ".odp", ".epub", ".eml", ".pdf"])
@pytest.mark.parametrize(
    "data", [b"", b"words", b"PK\x03\x04torn", zipped({"a": "b"})], ids=["none", "text", "torn", "zip"]
)
def test_what_is_of_another_format_says_so(suffix: str, data: bytes) -> None:
    with pytest.raises(Unreadable, match="invalid"):
        read(data, MEDIA[suffix])


def test_another_version_of_a_reader_is_another_index(monkeypatch: pytest.MonkeyPatch) -> None:
    facts: tuple[dict[str, Any], dict[str, Any], str] = ({"revision": "a"}, {"tokens": 200, "overlap": 32}, "cosine")
    before = identity.fingerprint(*facts)
    changed = {**readers.version(), "pypdfium2": "6.0"}
    monkeypatch.setattr(readers, "version", lambda: changed)
    assert identity.fingerprint(*facts) != before
