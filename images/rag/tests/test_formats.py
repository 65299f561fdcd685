"""Each format: what a document says is in a section, each known loss of a reader with its right value."""

from __future__ import annotations

import email.message
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from index import chunker, identity, readers
from index.readers import MEDIA, Contents, Section, Unreadable, read
from test_readers import pdf


def sections(text: str, media: str) -> list[tuple[str, str]]:
    """Return headings with their texts."""
    return [(section.heading, section.text) for section in read(text.encode(), media).sections]


MARKDOWN = {
    "a rule after a paragraph": (
        "A long text.\nOf two lines.\n---\nMore.",
        [("", "A long text.\nOf two lines.\n---\nMore.")],
    ),
    "a rule after a long line": (f"{'word ' * 40}\n---\nMore.", [("", f"{'word ' * 40}\n---\nMore.")]),
    "a setext heading": ("Title\n---\nText.", [("Title", "Text.")]),
    "a heading alone": ("# A\n\n## Alone\n\n## B\n\nText.", [("A", "Alone"), ("A > B", "Text.")]),
    "a heading at the end": ("# A\n\nText.\n\n## End", [("A", "Text."), ("A", "End")]),
    "only a heading": ("# Only", [("", "Only")]),
    "a document that starts with a rule": ("---\n\nText.\n\n---\n\nMore.", [("", "---\n\nText.\n\n---\n\nMore.")]),
    "a rule and a sentence": ("---\nNote this: it is text.\n---\nMore.", [("Note this: it is text.", "More.")]),
    "front matter": ("---\ntitle: T\ntags:\n  - a\n- b\n# c\n---\nText.", [("", "Text.")]),
    "C#": ("## C#\n\nText.", [("C#", "Text.")]),
    "a closed heading": ("## F ##\n\nText.", [("F", "Text.")]),
    "a comment": ("Seen <!-- not\nseen --> too.", [("", "Seen  too.")]),
    "a comment that is open": ("Seen <!-- and more", [("", "Seen <!-- and more")]),
    "a comment in code": ("```\n<!-- seen -->\n```", [("", "```\n<!-- seen -->\n```")]),
    "a picture within": ("![alt](data:image/png;base64,iVBORw0KGgo=) text", [("", "![alt]() text")]),
    "a fence": ("```sh\n# no heading\n```\n# H\nText.", [("", "```sh\n# no heading\n```"), ("H", "Text.")]),
    "an open fence": ("# H\n```\n# code", [("H", "```\n# code")]),
    "a list's heading": ("- # inside\n\nText.", [("", "- # inside\n\nText.")]),
    "indented code": ("Text.\n\n    # code", [("", "Text.\n\n    # code")]),
    "seven marks": ("####### no heading", [("", "####### no heading")]),
    "no space": ("#no heading", [("", "#no heading")]),
    "ligatures": ("e\ufb03cient \ufb01le \ufb02ow o\ufb00 \ufb06", [("", "efficient file flow off st")]),
    "soft hyphens": ("docu\u00admenta\u00adtion", [("", "documentation")]),
}


@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown(name: str) -> None:
    text, wanted = MARKDOWN[name]
    assert sections(text, "text/markdown") == [(heading, body.strip("\n")) for heading, body in wanted]


HTML = {
    "header in an article": ("<article><header><h1>T</h1>By A.</header><p>Text.</article>", [("T", "By A.\n\nText.")]),
    "header of the page": ("<header>Menu</header><main><h1>T</h1><p>Text.</main>", [("T", "Text.")]),
    "header with the title": ("<header><h1>T</h1><nav>Menu</nav></header><p>Text.", [("T", "Text.")]),
    "form around the page": ("<form><h1>T</h1><p>Text.<button>Go</button></form>", [("T", "Text.")]),
    "aside in an article": ("<article><p>Text.<aside>Note.</aside></article>", [("", "Text.\n\nNote.")]),
    "aside of the page": ("<aside>Links</aside><main><p>Text.</main>", [("", "Text.")]),
    "after the first body": ("<body><p>One.</body></body><p>Two.", [("", "One.\n\nTwo.")]),
    "after html": ("<html><body><p>One.</p></body></html>Two.", [("", "One.\n\nTwo.")]),
    "a comment": ("<p>Seen<!-- not seen --> too.", [("", "Seen too.")]),
    "a picture within": ('<p>Seen <img src="data:image/png;base64,iVBORw0KGgo="> too.', [("", "Seen  too.")]),
    "unclosed elements": ("<ul><li>One<li>Two</ul><p>Three<div>Four", [("", "One\nTwo\n\nThree\n\nFour")]),
    "a heading alone": ("<h1>A</h1><h2>Alone</h2><h2>B</h2><p>Text.", [("A", "Alone"), ("A > B", "Text.")]),
    "a title": ("<title>T</title><p>Text.", [("T", "Text.")]),
    "main with a role": ('<article role="complementary"><p>Text.</article>', [("", "Text.")]),
    "nested tables": ("<table><tr><td><table><tr><td>In</table><td>Out</table>", [("", "In\n\nOut")]),
    "entities": ("<p>&lt;a&gt; &eacute; &#x1F600; &nbsp;x", [("", "<a> \u00e9 \U0001f600 \u00a0x")]),
    "a frame of a table": ("<table><tr><th>k<th>v<tr><td>a<td>1</table>", [("", "k | v\na | 1")]),
    "a definition": ("<dl><dt>Term<dd>Meaning</dl>", [("", "Term\n\nMeaning")]),
    "no doctype, upper case": ("<HTML><BODY><H1>T</H1><P>Text.", [("T", "Text.")]),
}


@pytest.mark.parametrize("name", HTML)
def test_html(name: str) -> None:
    text, wanted = HTML[name]
    assert [(heading, body.split()) for heading, body in sections(text, "text/html")] == [
        (heading, body.split()) for heading, body in wanted
    ]


@pytest.mark.parametrize("page", ["<title>App</title><div id=root></div><script>run()</script>", "<nav>Menu</nav>"])
def test_a_page_without_text_of_its_own_is_told(page: str) -> None:
    contents = read(page.encode(), "text/html")
    assert (contents.sections, contents.notes) == ([], ["it holds no text"])


ROWS = [("key", "value"), *((f"k{number}", f"v{number}") for number in range(60))]


def markdown_table() -> bytes:
    lines = [f"| {key} | {value} |" for key, value in ROWS]
    return "\n".join(["# T", "", lines[0], "|---|---|", *lines[1:]]).encode()


def html_table() -> bytes:
    rows = "".join(f"<tr><td>{key}<td>{value}" for key, value in ROWS[1:])
    return f"<h1>T</h1><table><tr><th>key<th>value{rows}</table>".encode()


def xlsx() -> bytes:
    import xlsxwriter  # python-pptx brings it, for its charts

    book = xlsxwriter.Workbook(held := io.BytesIO())
    sheet = book.add_worksheet("T")
    for number, row in enumerate(ROWS):
        sheet.write_row(number, 0, row)
    book.close()
    return held.getvalue()


def docx() -> bytes:
    import docx as library

    document = library.Document()
    document.add_heading("T", 1)
    table = document.add_table(len(ROWS), 2)
    for row, cells in zip(table.rows, ROWS, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.save(held := io.BytesIO())
    return held.getvalue()


@pytest.mark.parametrize(
    ("made", "media"),
    [
        (markdown_table, "text/markdown"),
        (html_table, "text/html"),
        (xlsx, MEDIA[".xlsx"]),
        (docx, MEDIA[".docx"]),
    ],
)
def test_each_chunk_of_a_table_has_its_head(made: Callable[[], bytes], media: str, tokenizer: Any) -> None:
    cut = chunker.cut(read(made(), media).sections, tokenizer, chunker.Lengths(60, 0)).chunks
    assert len(cut) > 3
    for chunk in cut:
        assert chunk.heading == "T"
        assert "key" in chunk.text.split("\n")[0]
        assert len(tokenizer.encode(chunk.embedded, add_special_tokens=False).ids) <= 60
    together = "\n".join(chunk.text for chunk in cut)
    assert all(key in together and value in together for key, value in ROWS)


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


def test_pdf_columns_are_read_one_after_the_other() -> None:
    rows = [(f"left line {number} here", f"right line {number} there") for number in range(10)]
    drawn = ") Tj 230 0 Td (".join(["", ""])  # from one column to the other
    text = ") Tj -230 -14 Td (".join(drawn.join(row) for row in rows)
    (section,) = read(pdf([text]), "application/pdf").sections
    assert section.text.split("\n") == [row[0] for row in rows] + [row[1] for row in rows]


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


def zipped(files: dict[str, str]) -> bytes:
    with zipfile.ZipFile(held := io.BytesIO(), "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return held.getvalue()


def odt(body: str) -> bytes:
    spaces = {"office": "office", "text": "text", "table": "table"}
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"' for name, space in spaces.items()
    )
    body = f"<office:body>{body}</office:body>"
    return zipped({"content.xml": f"<office:document-content {names}>{body}</office:document-content>"})


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


def book() -> bytes:
    return zipped(
        {
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="O/p.opf"/></rootfiles></container>',
            "O/p.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Book</dc:title></metadata><manifest>'
            '<item id="a" href="a%20b.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="c" href="c.png" media-type="image/png"/>'
            '</manifest><spine><itemref idref="b"/><itemref idref="c"/><itemref idref="a"/></spine></package>',
            "O/a b.xhtml": "<html><body><h1>Two</h1><p>Last.</p></body></html>",
            "O/b.xhtml": "<html><body><h1>One</h1><p>First.</p></body></html>",
        }
    )


def test_a_book() -> None:
    assert [(s.heading, s.text) for s in read(book(), MEDIA[".epub"]).sections] == [
        ("Book > One", "First."),
        ("Book > Two", "Last."),
    ]


def message() -> bytes:
    message = email.message.EmailMessage()
    message["Subject"], message["From"] = "News of the \u00fcber-run", "a@example.com"
    message.set_content("Gr\u00fc\u00dfe\n", charset="iso-8859-1")
    message.add_alternative("<p>not this</p>", subtype="html")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="a.pdf")
    return bytes(message)


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
