"""Each reader: headings with their text, nothing that a page merely decorates itself with."""

from __future__ import annotations

import pytest
from documents import HTML, MARKDOWN, THREE_PARAGRAPHS, pdf
from index.readers import Contents, Section, Unreadable, read


def test_plain_text() -> None:
    assert read(THREE_PARAGRAPHS, "text/plain").sections == [
        Section("", "intro"),
        Section("Title", "First."),
        Section("Title > Part", "Second."),
    ]


def test_markdown() -> None:
    assert read(MARKDOWN, "text/markdown").sections == [
        Section("Guide", "Start."),
        Section("Guide > Install", "```sh\n# not a heading\n```"),
        Section("Guide > Setext", "Deep."),
        Section("Other", "End."),
    ]


def test_html() -> None:
    assert read(HTML, "text/html").sections == [
        Section("Guide", "Start here.\nNext."),
        Section("Guide > Use it", "a\n  b\n\none\ntwo\n\nx y"),
        Section("Other", "End & out."),
    ]


def test_a_documentation_tools_furniture_is_no_text() -> None:
    page = b"""<div role="navigation"><h3>Navigation</h3>index | next</div><div role="main">
    <h1>Guide<a class="headerlink" href="#guide">\xc2\xb6</a></h1>
    <p>See <a href="#part">the part</a>, <a href="#n">#</a></p>
    <h2>Part<a href="#part">#</a></h2><p>Text.</p></div><div role="search"><form>find</form></div>"""
    assert read(page, "text/html").sections == [Section("Guide", "See the part,"), Section("Guide > Part", "Text.")]


def test_html_nested_past_the_recursion_limit() -> None:
    page = b"<div>" * 5000 + b"deep" + b"</div>" * 5000
    assert [section.text for section in read(page, "text/html").sections] in (["deep"], [])


def test_jsonl() -> None:
    data = b'{"title": "A", "text": "first"}\n\n{"heading": "B", "text": "second\\r\\nline"}\n'
    assert read(data, "application/jsonl").sections == [Section("A", "first"), Section("B", "second\nline")]


def test_a_line_of_json_has_the_titles_of_both_keys() -> None:
    data = b'{"title": "Doc", "heading": "Part", "text": "a"}\n{"title": "Doc", "heading": "Doc", "text": "b"}\n'
    assert read(data, "application/jsonl").sections == [Section("Doc > Part", "a"), Section("Doc", "b")]


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("=========\n  Title\n=========\n\nText.", [Section("Title", "Text.")]),
        ("Part\n````\n\nText.", [Section("Part", "Text.")]),
        ("  a  b\n------\n  1  2", [Section("", "  a  b\n------\n  1  2")]),
        ("=====\n-----\nText.", [Section("", "=====\n-----\nText.")]),
    ],
)
def test_rules_of_plain_text(text: str, sections: list[Section]) -> None:
    assert read(text.encode(), "text/plain").sections == sections


def test_pdf() -> None:
    data = pdf(["Hello from page one", "And from page two"])
    assert read(data, "application/pdf").sections == [
        Section("page 1", "Hello from page one"),
        Section("page 2", "And from page two"),
    ]


@pytest.mark.parametrize(
    ("data", "media", "why"),
    [
        (b"no pdf", "application/pdf", "invalid PDF"),
        (pdf(["x"])[:200], "application/pdf", "invalid PDF"),
        (b"{", "application/jsonl", "line 1 is not JSON"),
        (b'{"title": "no text"}', "application/jsonl", 'line 1 has no "text"'),
        (b"", "image/png", "unsupported media type 'image/png'"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, media: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(data, media)


def test_bytes_that_are_no_utf8_stay_readable() -> None:
    assert read(b"\xef\xbb\xbfcaf\xe9 e\xcc\x81\r\nx\0y", "text/plain").sections == [
        Section("", "caf\ufffd \u00e9\nxy")
    ]


@pytest.mark.parametrize("media", ["text/plain", "text/markdown", "text/html", "application/jsonl"])
def test_an_empty_document_has_no_sections(media: str) -> None:
    assert read(b"", media) == Contents([], ["it is empty"])
