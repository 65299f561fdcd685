"""What is declared and is wrong, or is not declared and can be told: no text becomes another one in silence."""

# ruff: noqa: RUF001  (these are the characters that the encodings are told apart by)

from __future__ import annotations

import pytest
from index.readers import Contents, Section, Unreadable, media_type, read
from test_bytes import CHINESE, FRENCH, GREEK, JAPANESE, KOREAN, RUSSIAN

THAI = "ภาษาไทยเขียนโดยไม่มีช่องว่าง แต่มีวรรค 1 และ 2"
ARABIC = "هذا نص عربي عادي، وفيه أكثر من كلمة."
HINDI = "यह एक साधारण हिंदी वाक्य है।"
UTF16 = "no encoding is declared; read as UTF-16, a guess"


@pytest.mark.parametrize(
    "charset", ["shift_jis", "euc-jp", "gb2312", "gbk", "gb18030", "big5", "euc-kr", "utf-16", "utf-16be"]
)
@pytest.mark.parametrize("text", [CHINESE, JAPANESE, KOREAN, RUSSIAN])
def test_utf8_that_is_declared_as_another_encoding_is_read_as_utf8(charset: str, text: str) -> None:
    """Most of these decode without a fault, to characters that nobody wrote."""
    contents = read(text.encode(), f"text/plain; charset={charset}")
    assert contents == Contents(
        [Section("", text)], [f"it declares the charset '{charset}', and is UTF-8: read as that"]
    )
    page = f"<html><head><meta charset={charset}></head><p>{text}</p></html>"
    assert read(page.encode(), "text/html").sections == [Section("", text)]


@pytest.mark.parametrize(
    ("text", "codec"),
    [(JAPANESE, "shift_jis"), (JAPANESE, "euc_jp"), (CHINESE, "gb18030"), (CHINESE, "big5"), (KOREAN, "euc_kr")],
)
def test_what_is_rightly_declared_is_read_so(text: str, codec: str) -> None:
    text = text if codec != "big5" else "這是一個中文文檔，內容不是很長。"
    assert read(text.encode(codec), f"text/plain; charset={codec}") == Contents([Section("", text)], [])
    short = text[:2]  # two characters of another encoding are valid UTF-8 by accident: what is declared counts
    assert read(short.encode(codec), f"text/plain; charset={codec}") == Contents([Section("", short)], [])


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [RUSSIAN, GREEK, FRENCH, THAI, ARABIC, HINDI, f"{JAPANESE}\n{CHINESE}\n\n1. {KOREAN}"])
def test_utf16_without_a_mark_is_told_by_its_characters(text: str, codec: str) -> None:
    assert read(text.encode(codec), "text/plain") == Contents([Section("", text)], [UTF16])
    declared = "utf-16" if codec == "utf-16-be" else "UTF-16LE"  # in which order is not said, or is
    assert read(text.encode(codec), f"text/plain; charset={declared}") == Contents([Section("", text)], [])


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1251", "gb18030", "shift_jis"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [RUSSIAN, FRENCH, THAI])
def test_utf16_without_a_mark_that_is_declared_as_another_encoding(text: str, codec: str, charset: str) -> None:
    note = f"it declares the charset '{charset}', and is UTF-16: read as that"
    assert read(text.encode(codec), f"text/plain; charset={charset}") == Contents([Section("", text)], [note])


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "koi8-r", "cp437", "gb18030", "utf-8"])
def test_binary_data_is_not_text_whatever_is_declared(charset: str) -> None:
    data = bytes(number * 7 % 256 for number in range(4096))
    with pytest.raises(Unreadable, match="it is binary data, not text"):
        read(data, f"text/plain; charset={charset}")


@pytest.mark.parametrize("text", ["one two three\0", "first\0second\0third\0four", "gr\u00f6\u00dfe\0und\0mehr\0"])
def test_texts_parted_by_nul_are_not_utf16(text: str) -> None:
    with pytest.raises(Unreadable, match="it is binary data, not text"):
        read(text.encode() * 8, "text/plain")
    few = "a text of many words, and one NUL; " * 4
    assert read(f"{few}\0.".encode(), "text/plain") == Contents([Section("", f"{few}.")])


def test_numbers_of_a_program_are_no_utf16() -> None:
    data = b"".join(number.to_bytes(2, "little") for number in range(0, 4000, 3))
    with pytest.raises(Unreadable, match="binary data"):
        read(data, "text/plain")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%!PS-Adobe-3.0\n%%Title: x\n/Times findfont", "a PostScript program"),
        (b"\n\n%PDF-1.4\n1 0 obj", "a PDF"),
        (b"\xef\xbb\xbf%PDF-1.4\n1 0 obj", "a PDF"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a pointer of Git LFS"),
        (b"!<arch>\ndebian-binary   ", "an archive of programs"),
        (b"\0asm\x01\0\0\0", "a WebAssembly module"),
    ],
)
def test_text_that_is_a_programs_own_is_no_document(data: bytes, what: str) -> None:
    with pytest.raises(Unreadable, match=f"it is {what}"):
        read(data, "text/markdown")


def test_a_text_that_speaks_of_a_signature_is_text() -> None:
    text = "A file of PDF begins with %PDF-1.7 and a newline."
    assert read(text.encode(), "text/plain").sections == [Section("", text)]


@pytest.mark.parametrize(
    ("given", "uri", "media"),
    [
        ("application/octet-stream", "s3://docs/a.PDF", "application/pdf"),
        ("binary/octet-stream", "s3://docs/a.md", "text/markdown"),
        ("Application/Octet-Stream; x=y", "s3://docs/a.htm", "text/html"),
        ("application/octet-stream", "s3://docs/a.bin", "application/octet-stream"),
        ("text/plain", "s3://docs/a.md", "text/plain"),
        ("", "s3://docs/a.bin", ""),
    ],
)
def test_what_a_store_says_of_anything_gives_way_to_the_suffix(given: str, uri: str, media: str) -> None:
    assert media_type(given, uri) == media


def test_a_charset_may_be_written_as_rfc_2231_has_it() -> None:
    assert read(FRENCH.encode("cp1252"), "text/plain; charset*=utf-8''windows-1252") == Contents([Section("", FRENCH)])


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ("title: One", "One"),
        ('title: "Say \\"hi\\": a guide" # draft', 'Say "hi": a guide'),
        ("title: 'It''s one'", "It's one"),
        ("title: !!str One", "One"),
        ("title: &name One", "One"),
        ("title: 2024", "2024"),
        ("title: 007", "007"),
        ("title: yes", "yes"),
        ("title: 2024-05-01", "2024-05-01"),
        ("title: null", ""),
        ('title: "null"', "null"),
        ("title:", ""),
        ("title: a: b", "a: b"),
        ("title: >\n  One\n  two", "One two"),
        ("title: |\n  One\n  two", "One two"),
        ("title: One\n  two", "One two"),
        ('title: "One\n  two"', "One two"),
        ("title: [a, b]", "[a, b]"),
        ("Title: \u00dcber uns", "\u00dcber uns"),
        ('"title": One', "One"),
        ("x: 1\nmeta:\n  title: inner\ntitle: outer", "outer"),
    ],
)
def test_a_title_of_front_matter_is_what_yaml_says(front: str, title: str) -> None:
    assert read(f"---\n{front}\n---\nText.".encode(), "text/markdown") == Contents([Section("", "Text.")], [], title)


def test_a_title_of_front_matter_in_toml() -> None:
    text = '+++\ntitle = "Say \\"hi\\" \\u00dc"\n+++\nText.'
    assert read(text.encode(), "text/markdown").title == 'Say "hi" \u00dc'


SEVEN_BITS = "\u3053\u308c\u306f\u65e5\u672c\u8a9e\u3067\u3059\u3002"


@pytest.mark.parametrize(
    ("media", "notes"),
    [
        ("text/plain", ["no encoding is declared; read as iso2022_jp, a guess"]),
        ("text/plain; charset=utf-8", ["it declares the charset 'utf-8', and is iso2022_jp: read as that"]),
        ("text/plain; charset=iso-2022-jp", []),
    ],
)
def test_an_encoding_of_seven_bits_is_not_read_as_utf8(media: str, notes: list[str]) -> None:
    assert read(SEVEN_BITS.encode("iso2022_jp"), media) == Contents([Section("", SEVEN_BITS)], notes)


def test_a_character_that_the_encoding_lacks_loses_itself_alone() -> None:
    data = b"\x1b$B-!\x1b(B. " + SEVEN_BITS.encode("iso2022_jp")
    assert read(data, "text/plain; charset=iso-2022-jp") == Contents([Section("", f"\u2460. {SEVEN_BITS}")])
    torn = SEVEN_BITS.encode("iso2022_jp") + b"\x1b$B\x7f\x7f\x1b(B end"
    contents = read(torn, "text/plain; charset=iso-2022-jp")
    assert contents.sections[0].text.startswith(SEVEN_BITS)
    assert contents.sections[0].text.endswith("end")
    assert "U+FFFD" in contents.notes[0]


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        ("\u9999\u6e2f\u5605\u5622", "big5hkscs", "big5"),
        (JAPANESE, "cp932", "x-sjis"),
        ("\u05e9\u05dc\u05d5\u05dd", "iso8859-8", "iso-8859-8-i"),
        (FRENCH, "utf-8", "utf8mb4"),
    ],
)
def test_labels_mean_what_browsers_take_them_for(text: str, codec: str, label: str) -> None:
    assert read(text.encode(codec), f"text/plain; charset={label}") == Contents([Section("", text)])


@pytest.mark.parametrize("text", ["ID3 \u00e9tiquettes", "The ftyp box", "GIF89a \u2013 ein Format"])
def test_letters_of_a_signature_begin_a_text_of_any_script(text: str) -> None:
    assert read(text.encode(), "text/plain").sections == [Section("", text)]
