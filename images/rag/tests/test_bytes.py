"""Bytes: marks and declarations of encodings are honoured, guesses are told, binary data is not read as text."""

# ruff: noqa: RUF001  (these are the characters that the encodings are told apart by)

from __future__ import annotations

import codecs
import gzip
import io
import zipfile

import pytest
from index.readers import Contents, Section, Unreadable, read

POLISH = "Zażółć gęślą jaźń, tak mówi Łukasz Śliwa."
RUSSIAN = "Привет, как дела? Это обычный русский текст."
FRENCH = "L'été à Marseille sera très chaud, dit le maître."
JAPANESE = "これは日本語の文章です。とても長い文章ではありません。"
CHINESE = "这是一个中文文档，内容不是很长，但是应该可以检测到。"
KOREAN = "이것은 한국어 문서입니다. 내용이 길지 않습니다."
GREEK = "Καλημέρα κόσμε, αυτό είναι ένα κείμενο στα ελληνικά."


def archive() -> bytes:
    """Return a ZIP archive as an office program writes it."""
    with zipfile.ZipFile(held := io.BytesIO(), "w") as file:
        file.writestr("word/document.xml", "<w:t>words</w:t>" * 200)
    return held.getvalue()


@pytest.mark.parametrize("text", [POLISH, RUSSIAN, JAPANESE, "plain"])
@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
@pytest.mark.parametrize("media", ["text/plain", "text/markdown", "text/plain; charset=iso-8859-1"])
def test_a_byte_order_mark_is_honoured(text: str, mark: bytes, codec: str, media: str) -> None:
    assert read(mark + text.encode(codec), media) == Contents([Section("", text)], [])


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        (FRENCH, "ISO-8859-1"),
        ("“smart” – 5 €", "iso-8859-1"),  # which means windows-1252 on the web
        (FRENCH, "windows-1252"),
        (POLISH, "iso-8859-2"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, '"windows-1251"'),
        (JAPANESE, "Shift_JIS"),
        (JAPANESE, "euc-jp"),
        (JAPANESE, "iso-2022-jp"),
        (CHINESE, "gb2312"),
        (KOREAN, "euc-kr"),
        (GREEK, "iso-8859-7"),
        (RUSSIAN, "UTF-8"),
        (RUSSIAN, "utf-16"),
    ],
)
def test_a_declared_charset_is_honoured(text: str, charset: str) -> None:
    codec = {"iso-8859-1": "cp1252", "ISO-8859-1": "cp1252"}.get(charset, charset.strip('"'))
    assert read(text.encode(codec), f"text/plain; charset={charset}") == Contents([Section("", text)], [])
    assert read(text.encode(codec), f"Text/Markdown;Charset={charset} ").sections == [Section("", text)]


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="{}">',
        "<meta charset={}>",
        "<META CHARSET='{}'/>",
        '<meta http-equiv="Content-Type" content="text/html; charset={}">',
        '<meta name="x" content="y"><meta content="text/html;charset={}" http-equiv=content-type>',
    ],
)
@pytest.mark.parametrize(("text", "charset"), [(RUSSIAN, "windows-1251"), (JAPANESE, "euc-jp"), (FRENCH, "latin1")])
def test_a_page_declares_its_charset(head: str, text: str, charset: str) -> None:
    page = f"<html><head>{head.format(charset)}</head><body><p>{text}</p></body></html>"
    assert read(page.encode(charset), "text/html") == Contents([Section("", text)], [])


def test_an_xml_declaration_counts() -> None:
    page = f'<?xml version="1.0" encoding="windows-1251"?><html><body><p>{RUSSIAN}</p></body></html>'
    assert read(page.encode("cp1251"), "application/xhtml+xml") == Contents([Section("", RUSSIAN)], [])


@pytest.mark.parametrize(
    "media", ["text/html; charset=utf-8", "TEXT/HTML", 'text/html;charset="UTF-8"', " text/html ;x=y"]
)
def test_html_with_a_parameter_is_html(media: str) -> None:
    assert read("<h1>A</h1><p>ä</p>".encode(), media) == Contents([Section("A", "ä")], [])


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (FRENCH, "cp1252", "cp1252"),
        ("caf\xe9", "cp1252", "cp1252"),
        ("“Smart quotes” – and a dash… costs 5 €", "cp1252", "cp1252"),
        (POLISH, "cp1250", "cp1250"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8_r", "koi8_r"),
        (JAPANESE, "cp932", "cp932"),
        (JAPANESE, "euc_jp", "euc_jp"),
        (CHINESE, "gb18030", "gb18030"),
        (KOREAN, "cp949", "cp949"),
        (GREEK, "cp1253", "cp1253"),
    ],
)
def test_another_encoding_is_guessed_and_told(text: str, codec: str, name: str) -> None:
    assert read(text.encode(codec), "text/plain") == Contents(
        [Section("", text)], [f"it is not UTF-8; read as {name}, a guess"]
    )


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_a_guess(codec: str) -> None:
    data = "Hello, this has no mark.".encode(codec)
    assert read(data, "text/plain") == Contents(
        [Section("", "Hello, this has no mark.")], ["no encoding is declared; read as UTF-16, a guess"]
    )


def test_a_wrong_declaration_is_told() -> None:
    assert read("Grüße".encode("cp1252"), "text/plain; charset=utf-8") == Contents(
        [Section("", "Grüße")],
        ["it declares the charset 'utf-8', which it is not in; it is not UTF-8; read as cp1252, a guess"],
    )
    assert read("Grüße".encode(), "text/plain; charset=klingon").notes == [
        "it declares the charset 'klingon', which is unknown"
    ]
    for trick in ("rot13", "zlib", "idna", "unicode_escape", "utf-7"):
        assert read("Grüße".encode(), f"text/plain; charset={trick}").sections == [Section("", "Grüße")]


def test_a_torn_byte_in_good_utf8_loses_itself() -> None:
    data = "grün und schön, wir fahren nach Köln. ".encode() + b"\xff und weiter"
    assert read(data, "text/plain") == Contents(
        [Section("", "grün und schön, wir fahren nach Köln. \ufffd und weiter")],
        ["1 place in it is not valid UTF-8 and stands as U+FFFD"],
    )


def test_halves_of_surrogate_pairs() -> None:
    whole = "\ud83d\udc4d".encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    assert read(b"ok \xed\xa0\xbd\xed\xb1\x8d", "text/plain") == Contents([Section("", f"ok {whole}")], [])
    assert read(b"half \xed\xa0\xbd here", "text/plain") == Contents(
        [Section("", "half \ufffd here")], ["1 place in it is not valid UTF-8 and stands as U+FFFD"]
    )
    line = b'{"text": "a \\ud83d b", "title": "\\udc00"}\n'
    assert read(line, "application/jsonl").sections == [Section("\ufffd", "a \ufffd b")]


def test_one_bad_line_loses_itself() -> None:
    lines = b'{"text": "one"}\n{"text": \nnot json\n{"title": "none"}\n[]\n{"text": "\xff two"}\n{"text": "three"}\n'
    contents = read(lines, "application/x-ndjson")
    assert [section.text for section in contents.sections][::2] == ["one", "three"]
    assert len(contents.sections) == 3
    (note,) = [note for note in contents.notes if note.startswith("line 2")]
    assert note.endswith(' line 4 has no "text" and 1 more')


SIGNED = {
    "a ZIP archive": archive(),
    "a PNG image": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "a JPEG image": b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(64),
    "a GIF image": b"GIF89a\x01\0" + bytes(64),
    "a RIFF file": b"RIFF\x10\0\0\0WEBPVP8 ",
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "an RTF document": rb"{\rtf1\ansi some words}",
    "an OLE file": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64),
    "gzip-compressed data": gzip.compress(b"words"),
    "a 7z archive": b"7z\xbc\xaf\x27\x1c\0\4",
    "an ELF program": b"\x7fELF\x02\x01\x01" + bytes(9),
    "an SQLite database": b"SQLite format 3\0" + bytes(64),
    "a Parquet file": b"PAR1\x15\x04\x15\x10\0\0",
    "an MP4 or HEIF file": b"\0\0\0\x20ftypisom\0\0",
    "a tar archive": b"a.txt".ljust(257, b"\0") + b"ustar\x0000",
    "a web font": b"wOF2\0\1\0\0",
}


@pytest.mark.parametrize("media", ["text/plain", "text/markdown", "text/html; charset=latin-1", "application/jsonl"])
@pytest.mark.parametrize("what", SIGNED)
def test_what_has_another_signature_is_not_read_as_text(what: str, media: str) -> None:
    with pytest.raises(Unreadable, match=rf"it is {what}.*, not .*; give its media type, or leave it out"):
        read(SIGNED[what], media)


@pytest.mark.parametrize(
    "text", ["PAR1 is how a text begins", "MZ is short for", "BZhang wrote", "ID3 tags", "RIFF raff"]
)
def test_a_text_may_begin_with_a_signatures_letters(text: str) -> None:
    assert read(text.encode(), "text/plain").sections == [Section("", text)]


def test_binary_data_without_a_signature_is_no_text() -> None:
    with pytest.raises(Unreadable, match="it is binary data, not text"):
        read(bytes(range(256)) * 8, "text/plain")


MANGLED = "Caf\u00e9 na\u00efve r\u00e9sum\u00e9 \u201cquoted\u201d \u2014 \u20ac5"


def test_text_that_was_decoded_wrongly_before_is_told() -> None:
    text = MANGLED.encode().decode("cp1252", "replace")
    reason = "look like UTF-8 that was read as Windows-1252 before it came here"
    assert read(text.encode(), "text/plain").notes == [f"7 characters of it, such as \u00c3\u00a9, {reason}"]
    page = f"<p>{text}</p>"
    assert read(page.encode(), "text/html").notes == [f"7 characters of it, such as \u00c3\u00a9, {reason}"]


@pytest.mark.parametrize(
    "text",
    [
        MANGLED,
        "S\u00c3O PAULO, MA\u00c7\u00c3, P\u00c3O: \u00ab\u00c3\u00bb \u201c\u00c2\u201d \u00c5\u2026 caf\u00e9 "
        "\u00d1\u00b0 \u00c2\u00a7 \u00e7\u00f5es",
        "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440",
    ],
)
def test_text_that_was_not_is_not(text: str) -> None:
    assert read(text.encode(), "text/plain").notes == []


def test_much_that_was_lost_before_is_told() -> None:
    text = "b\ufffdse w\ufffdrds \ufffd\ufffd\ufffd of it"
    (note,) = read(text.encode(), "text/plain").notes
    assert note == f"5 of its {len(text)} characters are U+FFFD: its encoding was lost before it came here"


@pytest.mark.parametrize(("data", "why"), [(b"", "it is empty"), (b"\xef\xbb\xbf \n\t", "it is empty")])
def test_a_document_without_text_says_why(data: bytes, why: str) -> None:
    assert read(data, "text/plain") == Contents([], [why])
    assert read("\ufffd \ufffd".encode(), "text/plain") == Contents([], ["it holds only U+FFFD"])
    assert read(b"<html><body><img src=x></body></html>", "text/html") == Contents([], ["it holds no text"])
