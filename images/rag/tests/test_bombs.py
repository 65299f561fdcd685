"""Small files that unpack into large ones: each ends within the limits of a reader, and harms no other document."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice, product
from pathlib import Path

import documents
import pytest
from index.chunker import Lengths
from index.readers import MEDIA, Unreadable, read
from index.reading import Limits, Reader

WORKSHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
WORD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'
PARAGRAPH = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


@pytest.fixture(scope="module")
def reader(weights: Path) -> Iterator[Reader]:
    """A reader that takes ten seconds and 256 MiB at most."""
    made = Reader(weights, Lengths(64, 8), Limits(seconds=10, memory_mib=256))
    yield made
    made.close()


def packed(data: bytes, parts: Mapping[str, str]) -> bytes:
    """Return an office document with other texts in some of its files."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, parts.get(name) or before.read(name))
    return made.getvalue()


def sheet(*cells: str) -> bytes:
    """Return a spreadsheet with some cells, each with a row of its own."""
    rows = (f'<row><c r="{cell}" t="inlineStr"><is><t>a</t></is></c></row>' for cell in cells)
    return packed(documents.xlsx(), {"xl/worksheets/sheet1.xml": WORKSHEET.format("".join(rows))})


def word(body: str, before: str = "") -> bytes:
    """Return a Word document of that body, with something before its root element."""
    return packed(documents.docx(), {"word/document.xml": before + WORD.format(body)})


def text_document(body: str) -> bytes:
    """Return an OpenDocument text with one table cell that holds the body."""
    cell = "<table:table><table:table-row><table:table-cell>{}</table:table-cell></table:table-row></table:table>"
    return documents.odt(cell.format(body))


def open_sheet(cell: str, times: int = 1) -> bytes:
    """Return an OpenDocument spreadsheet with one cell, in a row that says how often it stands there."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
    )
    text = f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="{times}">{text}</table:table-row>'
    body = f'<office:spreadsheet><table:table table:name="T">{row}</table:table></office:spreadsheet>'
    with zipfile.ZipFile(held := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", MEDIA[".ods"], zipfile.ZIP_STORED)
        archive.writestr(
            "META-INF/manifest.xml", '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        )
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body>{body}</office:body></office:document-content>",
        )
    return held.getvalue()


def headings(*titles: str) -> bytes:
    """Return an OpenDocument text in which each heading is below the one before, with a word under it."""
    pairs = (
        f'<text:h text:outline-level="{level}">{title}</text:h><text:p>b</text:p>' for level, title in enumerate(titles)
    )
    return documents.odt("".join(pairs))


def nested_mail(depth: int) -> bytes:
    """Return a message whose parts hold parts hold parts."""
    head = "From: a@example.com\nMIME-Version: 1.0\n"
    parts = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return f"{head}{parts}Content-Type: text/plain\n\nwords\n".encode()


def pages(objects: Mapping[int, bytes]) -> bytes:
    """Return a PDF of those objects, of which the first is its catalogue; a reader finds them without a table."""
    body = b"".join(b"%d 0 obj\n%b\nendobj\n" % (number, text) for number, text in objects.items())
    return b"%PDF-1.7\n" + body + b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"


def deflated(times: int) -> bytes:
    """Return a PDF whose page's 300 MB of content were compressed again and again, to a few hundred bytes."""
    data = bytes(300_000_000)
    for _ in range(times):
        data = zlib.compress(data, 9)
    stream = b"<< /Length %d /Filter [%b] >>\nstream\n%b\nendstream" % (len(data), b"/FlateDecode " * times, data)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>"
    tree = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    return pages({1: CATALOGUE, 2: tree, 3: page, 4: stream})


@pytest.mark.parametrize(
    ("suffix", "data", "why"),
    [
        (
            ".docx",
            word(PARAGRAPH.format("&a9;"), f'<!DOCTYPE x [<!ENTITY a0 "ha">{ENTITIES}]>'),
            "invalid DOCX: Maximum entity amplification factor exceeded",
        ),
        (".docx", word("<w:sdt>" * 100_000 + "</w:sdt>" * 100_000), "invalid DOCX: Excessive depth in document: 256"),
        (".ods", open_sheet("a", 2**40), "reading it needs more than 256 MiB of memory"),
        (".odt", headings("h" * 2_000_000, *["a"] * 20), "it holds more than 16 MiB of text"),
        (".odt", headings(*(f"heading {number}" for number in range(3000))), "it holds more than 16 MiB of text"),
        (".eml", nested_mail(5000), "invalid e-mail: its parts lie too deep within one another"),
        (".pdf", deflated(3), "the process that read it died: SIGABRT"),
        (".pdf", pages({1: CATALOGUE, 2: b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 >>"}), "invalid PDF: page 1"),
    ],
    ids=[
        "entities of entities",
        "100,000 deep",
        "a row of which there are a trillion",
        "a long heading above many",
        "headings ever deeper",
        "parts of parts",
        "compressed three times",
        "a page that is its own",
    ],
)
def test_a_bomb_ends_within_the_limits(reader: Reader, suffix: str, data: bytes, why: str) -> None:
    with pytest.raises(Unreadable) as raised:
        reader.cut(data, MEDIA[suffix])
    assert str(raised.value).startswith(why)
    assert [chunk.text for chunk in reader.cut(b"# A\n\nwords\n", "text/markdown").chunks] == ["words"]


@pytest.mark.parametrize(
    ("suffix", "data", "text"),
    [
        (".xlsx", sheet("A1", "XFD1048576"), "a | \n | a"),
        (".ods", open_sheet('a<text:s text:c="1000000000"/>'), "a"),
    ],
    ids=["two cells in opposite corners", "a billion spaces in a cell"],
)
def test_a_sheet_of_little_text_is_read_however_large_it_is(
    reader: Reader, suffix: str, data: bytes, text: str
) -> None:
    assert [chunk.text for chunk in reader.cut(data, MEDIA[suffix]).chunks] == [text]


def test_paragraphs_within_one_another_are_read_once() -> None:
    data = text_document("<text:p>" * 200 + "word " * 20_000 + "</text:p>" * 200)
    (section,) = read(data, MEDIA[".odt"]).sections
    assert section.text.split() == ["word"] * 20_000


LONG = {
    "Subject": "=?utf-8?q?a?= " * 20_000,
    "To": ", ".join(f"a{number}@example.com" for number in range(20_000)),
    "Content-Type": "text/plain; " + "; ".join(f"a{number}=b" for number in range(20_000)),
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_header_is_cut_and_the_message_is_read(reader: Reader, name: str) -> None:
    """The library takes quadratic time, or memory, for some: all of it would have made the message unreadable."""
    data = f"From: a@example.com\n{name}: {LONG[name]}\n\nwords of the body\n".encode()
    document = reader.cut(data, MEDIA[".eml"])
    assert any("words of the body" in chunk.text for chunk in document.chunks)
    assert document.notes == [f"of a header no more than 32768 characters are read: {name}"]


def test_many_broken_words_take_linear_time(reader: Reader) -> None:
    """Each of 60,000 was looked for in the whole text of its page."""
    letters = ("".join(word) for word in product("abcdefghijklmnopqrst", repeat=4))
    shown = ") Tj 0 -9 Td (".join(f"word{word}-) Tj 0 -9 Td (ending" for word in islice(letters, 60_000))
    document = reader.cut(documents.pdf([shown]), MEDIA[".pdf"])
    assert "wordaaaaending wordaaabending" in " ".join(document.chunks[0].text.split())
