"""HTML by an HTML5 parser with a browser's recovery: the page's own text, without what it decorates itself with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.readers.characters import nfc
from index.readers.section import HeadingPath, Section, Title

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_DROPPED = {"script", "style", "template", "noscript", "nav", "head", "svg", "button", "select", "textarea", "iframe"}
_DROPPED |= {"object", "canvas", "audio", "video", "dialog"}
_OUTER = {"header", "footer", "aside"}  # furniture of the page, but text within what is its main part
_INNER = {"main", "article"}
_ROLES = {"navigation", "search", "banner", "contentinfo", "complementary"}  # pages older than the elements
_PERMALINKS = ("\u00b6", "#", "\u00a7", "\U0001f517")  # what documentation tools put behind each heading
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = {
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
}
_BLOCKS |= {
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hgroup",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
}
_BLOCKS |= {"summary", "table", "tbody", "tfoot", "thead", "tr", "ul", "caption", "legend", "option"}
_LONG_TABLE = 8  # rows; a longer table with a head is a section of its own


def read(page: str) -> Iterator[Section | Title]:
    """Yield the page's title and its own text: h1 to h6 are headings; scripts, navigation and the like are left out."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(page)
    title = page_title(tree)
    path, held = HeadingPath(), []
    body = tree.body
    if body is None:
        return
    if title:
        yield Title(title)
    path.enter(0, title if not tree.css_first("h1") else "")
    headed = False  # a title alone is not the page's text: it may be the shell of a program
    for piece in _pieces(body):
        if isinstance(piece, str):
            held.append(piece)
            continue
        if (text := _collapsed(held)) or headed:
            yield Section(str(path), text)
        held, headed = [], True
        if isinstance(piece, list):
            yield Section(str(path), "\n".join(piece), header=piece[0])
        else:
            path.enter(*piece)
    if (text := _collapsed(held)) or headed:
        yield Section(str(path), text)


def page_title(tree: LexborHTMLParser) -> str:
    """Return the text of a page's `<title>`; "" where it has none."""
    return next((" ".join(node.text().split()) for node in tree.css("title") if not _in_picture(node)), "")


def _pieces(root: LexborNode) -> Iterator[str | tuple[int, str] | list[str]]:
    """Yield text, (level, title) of a heading, or the rows of a long table, in document order.

    Walks by a stack: pages nest deeply.
    """
    # The next node, what follows the element, and whether it lies in a `pre` and in the page's main part.
    stack = [(root.child, "", False, False)]
    while stack:
        node, after, verbatim, inner = stack.pop()
        if node is None:
            yield after
            continue
        stack.append((node.next, after, verbatim, inner))
        name = node.tag or ""
        if name == "-text":
            text = node.text_content or ""
            yield text if verbatim else re.sub(r"[ \t\n\r\f]+", " ", text)
        elif name.startswith(("-", "!")) or _decorates(node, name, inner):
            continue
        elif name in _HEADINGS:
            yield _HEADINGS[name], _title(node)
        elif name == "br":
            yield "\n"
        elif name == "table" and (rows := _table(node)):
            yield rows if len(rows) > _LONG_TABLE else "\n\n" + "\n".join(rows) + "\n\n"
        else:
            block = name in _BLOCKS
            yield "\n\n" if block and name not in ("tr", "li") else ""
            follows = "\n" if block else " " if name in ("td", "th") else ""
            stack.append((node.child, follows, verbatim or name == "pre", inner or name in _INNER))


def _decorates(node: LexborNode, name: str, inner: bool) -> bool:
    """Return whether the element is the page's furniture and not its text."""
    if name == "a":
        return (node.attributes.get("href") or "").startswith("#") and node.text().strip() in _PERMALINKS
    if name in _OUTER:
        return not inner and not (name == "header" and node.css_first("h1"))
    return name in _DROPPED or (node.attributes.get("role") in _ROLES and name not in _INNER)


def _in_picture(node: LexborNode | None) -> bool:
    """Return whether the element lies in an `svg`, whose title is a picture's."""
    while node is not None and node.tag != "svg":
        node = node.parent
    return node is not None


def _title(node: LexborNode) -> str:
    """Return a heading's text without what documentation tools put behind it."""
    return " ".join("".join(piece for piece in _pieces(node) if isinstance(piece, str)).split())


def _table(table: LexborNode) -> list[str]:
    """Return a data table's rows, its head first, cells parted by ` | `; none for a table without a head."""
    if (
        table.css_first("table table")
        or not table.css_first("th")
        or table.css_first("h1, h2, h3, h4, h5, h6, pre, ul")
    ):
        return []
    rows = [row.css("th, td") for row in table.css("tr")]
    texts = [" | ".join(" ".join(cell.text(separator=" ").split()) for cell in cells) for cells in rows if cells]
    head = rows[0] if rows else []
    return texts if len(head) > 1 and all(cell.tag == "th" for cell in head) else []


def _collapsed(pieces: list[str]) -> str:
    text = nfc("".join(pieces)).replace("\0", "").replace("\r", "")
    text = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return re.sub(r"\n{2,}[ \t]*", "\n\n", text).strip()
