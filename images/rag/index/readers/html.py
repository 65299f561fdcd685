"""HTML: the page's own text, without what it decorates itself with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.readers.characters import nfc
from index.readers.section import HeadingPath, Section

_DROPPED = ("script", "style", "template", "noscript", "nav", "header", "footer", "aside", "head", "svg", "form")
_ROLES = ("navigation", "search", "banner", "contentinfo", "complementary")  # pages older than the elements
_PERMALINKS = ("\u00b6", "#", "\u00a7", "\U0001f517")  # what documentation tools put behind each heading
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "body", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "hr"}
    | {"li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"}
)


def read(page: str) -> Iterator[Section]:
    """Yield the page's own text: h1 to h6 are headings; scripts, navigation and the like are left out."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(page, "lxml")
    title = " ".join(soup.title.get_text().split()) if soup.title else ""
    for dropped in soup.find_all(_decorates):
        dropped.decompose()
    path, held = HeadingPath(), []
    path.enter(0, title if not soup.find("h1") else "")
    for level, text in _pieces(soup.body or soup):
        if level:
            yield Section(str(path), _collapsed(held))
            path.enter(level, text)
            held = []
        else:
            held.append(text)
    yield Section(str(path), _collapsed(held))


def _decorates(node) -> bool:
    """Return whether the element is the page's furniture and not its text."""
    if node.name == "a":
        return str(node.get("href", "")).startswith("#") and node.get_text().strip() in _PERMALINKS
    return node.name in _DROPPED or node.get("role") in _ROLES


def _pieces(root) -> Iterator[tuple[int, str]]:
    """(level, title) for headings, (0, text) otherwise, in document order. Walks by a stack: pages nest deeply."""
    from bs4.element import Comment, NavigableString, PreformattedString

    stack = [iter(root.children)]
    ends = [("", False)]  # what follows each open element, and whether it lies in a `pre`
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            yield 0, ends.pop()[0]
        elif isinstance(node, NavigableString):
            if not isinstance(node, Comment | PreformattedString):
                yield 0, str(node) if ends[-1][1] else re.sub(r"\s+", " ", str(node))
        elif re.fullmatch(r"h[1-6]", node.name):
            yield int(node.name[1]), node.get_text(" ")
        elif node.name == "br":
            yield 0, "\n"
        else:
            block = node.name in _BLOCKS
            yield 0, "\n\n" if block and node.name not in ("tr", "li") else ""
            stack.append(iter(node.children))
            after = "\n" if block else " " if node.name in ("td", "th") else ""
            ends.append((after, ends[-1][1] or node.name == "pre"))


def _collapsed(pieces: list[str]) -> str:
    text = nfc("".join(pieces)).replace("\0", "").replace("\r", "")
    text = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return re.sub(r"\n{2,}[ \t]*", "\n\n", text).strip()
