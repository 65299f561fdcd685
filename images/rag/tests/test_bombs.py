"""Small files that unpack into large ones: each ends within the limits of a reader, and harms no other document."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import documents
import pytest
from index.chunker import Lengths
from index.readers import MEDIA, Unreadable
from index.reading import Limits, Reader

WORKSHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
WORD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'
PARAGRAPH = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
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


@pytest.mark.parametrize(
    ("suffix", "data", "why"),
    [
        (".xlsx", sheet("A1", "XFD1048576"), "the process that read it died: SIGABRT"),
        (".xlsx", sheet("A1", "AMJ1048576"), "the process that read it died: SIGABRT"),
        (
            ".docx",
            word(PARAGRAPH.format("&a9;"), f'<!DOCTYPE x [<!ENTITY a0 "ha">{ENTITIES}]>'),
            "invalid DOCX: Maximum entity amplification factor exceeded",
        ),
        (".docx", word("<w:sdt>" * 100_000 + "</w:sdt>" * 100_000), "invalid DOCX: Excessive depth in document: 256"),
    ],
    ids=["two cells in opposite corners", "two ends of a thousand columns", "entities of entities", "100,000 deep"],
)
def test_a_bomb_ends_within_the_limits(reader: Reader, suffix: str, data: bytes, why: str) -> None:
    """The sheets' cells would be 16 billion, and one billion, each of which the library holds as a value."""
    with pytest.raises(Unreadable) as raised:
        reader.cut(data, MEDIA[suffix])
    assert str(raised.value).startswith(why)
    assert [chunk.text for chunk in reader.cut(b"# A\n\nwords\n", "text/markdown").chunks] == ["words"]
