"""What a chunk is about stands before its text for the model: title, headings, a table's head, as the chunking says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from index import chunker, identity
from index.about import CONTEXT, about, context
from index.chunker import Lengths
from index.readers import Section, read
from index.reading import Limits, Reader

TABLE = "Name | Port\n" + "\n".join(f"service-{number} | {8000 + number}" for number in range(60))


@pytest.mark.parametrize(
    ("title", "heading", "expected"),
    [
        ("", "", ""),
        ("Manual", "", "Manual"),
        ("", "Install > Linux", "Install > Linux"),
        ("Manual", "Install > Linux", "Manual > Install > Linux"),
        ("Manual", "Manual > Install", "Manual > Install"),
        ("manual", "Manual > Install", "Manual > Install"),
        ("Loops \u2014 Python 3.13 documentation", "Loops > For", "Loops > For"),
        ("Loops | Docs", "Loops", "Loops"),
        ("Loops - Docs", "Loops", "Loops"),
        ("Loops: a guide", "Loops", "Loops"),
        ("Go", "Golang > Install", "Go > Golang > Install"),
        ("Loops and more", "Loops", "Loops and more > Loops"),
        ("Python", "Python 3 > Install", "Python 3 > Install"),
    ],
)
def test_a_title_is_said_once(title: str, heading: str, expected: str) -> None:
    assert about(title, heading, CONTEXT) == expected


@pytest.mark.parametrize(
    ("named", "before"),
    [
        (["title", "headings"], "Handbook > Ports"),
        (["headings", "title"], "Handbook > Ports"),
        (["title"], "Handbook"),
        (["headings"], "Ports"),
        ([], ""),
        (None, "Handbook > Ports"),
    ],
)
def test_a_chunking_decides_what_the_model_reads(tokenizer, named: list[str] | None, before: str) -> None:
    parts = context({} if named is None else {"context": named})
    (chunk,) = chunker.cut([Section("Ports", "Text.")], tokenizer, Lengths(64, 8, parts), "Handbook").chunks
    assert chunk.embedded == (f"{before}\n\nText." if before else "Text.")
    assert chunk.heading == "Ports", "people see the headings in any case"


@pytest.mark.parametrize(("named", "repeated"), [(CONTEXT, True), (("title", "headings"), False), ((), False)])
def test_rows_of_a_table_keep_its_head(tokenizer, named: tuple[str, ...], repeated: bool) -> None:
    section = Section("Services", TABLE, header="Name | Port")
    cut = chunker.cut([section], tokenizer, Lengths(64, 8, named), "Handbook").chunks
    assert len(cut) > 3
    assert all(chunk.text.startswith("Name | Port\n") for chunk in cut[1:]) == repeated


@settings(max_examples=40, deadline=None)
@given(
    title=st.text(alphabet="abc de語", max_size=400),
    heading=st.text(alphabet="abc >def", max_size=400),
    tokens=st.integers(8, 64),
)
def test_all_of_it_fits_what_the_model_reads(tokenizer, title: str, heading: str, tokens: int) -> None:
    cut = chunker.cut([Section(heading.strip(), "words of text " * 40)], tokenizer, Lengths(tokens, 2), title).chunks
    for chunk in cut:
        assert len(tokenizer.encode(chunk.embedded, add_special_tokens=False).ids) <= tokens
        assert chunk.text


TITLES = {
    "front matter": ("---\ntitle: The Guide\n---\nText.", "text/markdown", "The Guide"),
    "double quotes": ('---\nlayout: x\ntitle: "A: guide"\n---\nText.', "text/markdown", "A: guide"),
    "single quotes": ("---\ntitle: 'A guide' \n---\nText.", "text/markdown", "A guide"),
    "a comment": ("---\ntitle: A guide # old\n---\nText.", "text/markdown", "A guide"),
    "a folded value": ("---\ntitle: >-\n  A long\n  guide\ndate: x\n---\nText.", "text/markdown", "A long guide"),
    "a value on two lines": ("---\ntitle: A long\n  guide\n---\nText.", "text/markdown", "A long guide"),
    "Title": ("---\nTitle: A guide\n---\nText.", "text/markdown", "A guide"),
    "a nested title": ("---\nseo:\n  title: Not this\n---\nText.", "text/markdown", ""),
    "an empty title": ("---\ntitle:\ndate: x\n---\nText.", "text/markdown", ""),
    "subtitle": ("---\nsubtitle: x\n---\nText.", "text/markdown", ""),
    "no front matter": ("title: x\n\nText.", "text/markdown", ""),
    "a page": ("<title>A\n guide</title><p>Text.", "text/html", "A guide"),
    "a page without title": ("<p>Text.", "text/html", ""),
    "the title of a picture": ("<svg><title>Logo</title></svg><p>Text.", "text/html", ""),
    "entities": ("<title>A &amp; B</title><p>Text.", "text/html", "A & B"),
    "plain text": ("Title\n=====\n\nText.", "text/plain", ""),
    "e-mail": ("Subject: A guide\nFrom: a@example.com\n\nText.", "message/rfc822", "A guide"),
}


@pytest.mark.parametrize("name", TITLES)
def test_the_title_that_a_document_has(name: str) -> None:
    text, media, title = TITLES[name]
    assert read(text.encode(), media).title == title


def test_the_source_s_title_counts_before_the_document_s_own(weights: Path) -> None:
    reader = Reader(weights, Lengths(64, 8), Limits())
    page = b"<title>Own</title><h1>A</h1><p>One.<h2>B</h2><p>Two.<p>Three."
    own, given_ = reader.cut(page, "text/html"), reader.cut(page, "text/html", "Given")
    reader.close()
    assert (own.title, given_.title) == ("Own", "Given")
    assert [chunk.embedded for chunk in own.chunks] == ["Own > A\n\nOne.", "Own > A > B\n\nTwo.\n\nThree."]
    assert [chunk.about for chunk in given_.chunks] == ["Given > A", "Given > A > B"]


@pytest.mark.parametrize("named", [[], ["title"], ["headings"], ["title", "headings"]])
def test_it_is_part_of_the_fingerprint(named: list[str]) -> None:
    lengths = {"tokens": 200, "overlap": 32}
    default = identity.fingerprint({"revision": "a"}, lengths, "cosine")
    assert identity.fingerprint({"revision": "a"}, {**lengths, "context": named}, "cosine") != default
    assert identity.fingerprint({"revision": "a"}, {**lengths, "context": list(reversed(CONTEXT))}, "cosine") == default
