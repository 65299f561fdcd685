"""How much of pages' main text is read, and how much that is not: over pages in which it was marked by hand.

The pages in `pages/` were written for this test after what common programs make (Sphinx, MkDocs, WordPress, MediaWiki,
a forum, ASP.NET, javadoc), their furniture with them; they are nobody's real pages. `data-main` marks the main text,
and the reader knows nothing of it. Words are counted as often as they occur.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from index.readers import read
from selectolax.lexbor import LexborHTMLParser

PAGES = sorted((Path(__file__).parent / "pages").glob("*.html"))
PRECISION, RECALL = 0.84, 0.99  # of each page; links over a wiki's page are in neither `nav` nor `header`
MEAN = 0.95


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.replace("\u00ad", "")))


def marked(page: str) -> Counter[str]:
    """Return the words of what is marked, with what its pictures say."""
    nodes = LexborHTMLParser(page).css("[data-main]")
    alts = [picture.attributes.get("alt") or "" for node in nodes for picture in node.css("img")]
    return words(" ".join([*(node.text(separator=" ") for node in nodes), *alts]))


def as_read(page: str) -> Counter[str]:
    """Return the words of the sections, a heading where it first stands."""
    headings: dict[str, None] = {}
    sections = read(page.encode(), "text/html").sections
    for section in sections:
        headings |= dict.fromkeys(section.heading.split(" > "))
    return words(" ".join([*headings, *(section.text for section in sections)]))


def shares(actual: Counter[str], wanted: Counter[str]) -> tuple[float, float]:
    """Return precision and recall."""
    both = (actual & wanted).total()
    return both / actual.total(), both / wanted.total()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_main_text_of_a_page_is_read_and_little_else(page: Path) -> None:
    text = page.read_text()
    precision, recall = shares(as_read(text), marked(text))
    whole = shares(words(LexborHTMLParser(text).body.text(separator=" ")), marked(text))
    print(
        f"{page.stem}: precision {precision:.3f}, recall {recall:.3f}; all of its text: {whole[0]:.3f}, {whole[1]:.3f}"
    )
    assert precision >= PRECISION
    assert recall >= RECALL


def test_pages_on_the_whole() -> None:
    each = [shares(as_read(text), marked(text)) for text in (page.read_text() for page in PAGES)]
    precision, recall = (sum(values) / len(each) for values in zip(*each, strict=True))
    print(f"mean: precision {precision:.3f}, recall {recall:.3f}")
    assert precision >= MEAN
    assert recall >= RECALL
