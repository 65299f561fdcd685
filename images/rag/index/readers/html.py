"""HTML by an HTML5 parser with a browser's recovery: the page's own text, without what it decorates itself with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.readers.furniture import HEADINGS, WITHIN, Furniture
from index.readers.powers import RAISED, with_powers
from index.readers.section import HeadingPath, Section, Title
from index.readers.tables import LONG, Cell, apart, laid_out
from index.readers.xhtml import as_html

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_VERBATIM = {"pre", "xmp", "listing", "plaintext", "textarea"}
_BLOCKS = {
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
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
    "menu",
    "ol",
    "p",
    "pre",
    "search",
    "section",
}
_BLOCKS |= {"summary", "table", "tbody", "tfoot", "thead", "tr", "ul", "caption", "legend", "option"}
_SHADOW = re.compile(r"<template(?=\s[^>]{0,200}\bshadowroot)", re.I)  # what a component shows, unlike a template
_TO_THE_END = 65534  # rows, which a `rowspan` of 0 means


def parsed(page: str) -> LexborHTMLParser:
    """Return the tree of a page, HTML or XHTML."""
    from selectolax.lexbor import LexborHTMLParser

    return LexborHTMLParser(as_html(page))


def read(page: str, whole: bool = False) -> Iterator[Section | Title]:
    """Yield the page's title and its own text: h1 to h6 are headings; scripts, navigation and the like are left out.

    Args:
        page: its source.
        whole: whether it is a page of a book or a letter, which no site has its header and footer around.
    """
    tree = parsed(_SHADOW.sub("<div", page))
    title = page_title(tree)
    path, held = HeadingPath(), []
    body = tree.body
    if body is None:
        return
    if title:
        yield Title(title)
    path.enter(0, title if not tree.css_first("h1") else "")
    headed = False  # a title alone is not the page's text: it may be the shell of a program
    furniture = Furniture(body, whole)
    for piece in _pieces(body, furniture, furniture.start):
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


def _pieces(root: LexborNode, furniture: Furniture, place: int) -> Iterator[str | tuple[int, str] | list[str]]:
    """Yield text, (level, title) of a heading, or the rows of a long table, in document order.

    Walks by a stack: pages nest deeply.
    """
    # The next node, what follows the element, and whether it lies in a `pre` and where in the page.
    stack = [(root.child, "", False, place)]
    while stack:
        node, after, verbatim, place = stack.pop()
        if node is None:
            yield after
            continue
        stack.append((node.next, after, verbatim, place))
        name = node.tag or ""
        if name == "-text":
            text = node.text_content or ""
            yield text if verbatim else re.sub(r"[ \t\n\r\f]+", " ", text)
        elif name in ("script", "iframe") and (inside := _embedded(node, name)):
            yield from _pieces(inside, furniture, place) if name == "iframe" else [f" {inside.text().strip()} "]
        elif name.startswith(("-", "!")) or furniture.decorates(node, name, place):
            continue
        elif name in HEADINGS:
            yield HEADINGS[name], _title(node, furniture)
        elif name == "br":
            yield "\n"
        elif name == "img":
            alt = " ".join((node.attributes.get("alt") or "").split())  # what the page says where the picture is
            yield f" {alt} " if alt else ""
        elif name in ("svg", "math") and (label := _drawn(node, name)) is not None:
            yield label
        elif name == "table" and any(table := _table(node, furniture)):
            over, rows = table
            if (caption := node.css_first("caption")) is not None:
                yield f"\n\n{_title(caption, furniture)}\n\n"
            yield from (f"\n\n{line}\n\n" for line in over)
            yield rows if len(rows) > LONG else "\n\n" + "\n".join(rows) + "\n\n"
        else:
            block = name in _BLOCKS
            yield "\n\n" if block and name not in ("tr", "li") else ""
            follows = "\n" if block else " " if name in ("td", "th") else ""
            if name == "sup":
                yield RAISED
            if name == "ruby" and (reading := "".join(each.text() for each in node.css("rt"))):
                follows = f"({reading})"
            stack.append((node.child, follows, verbatim or name in _VERBATIM, furniture.place(node, name, place)))


def _embedded(node: LexborNode, name: str) -> LexborNode | None:
    """Return a formula that MathJax shows in place of a script, or the page that a frame holds itself; else None."""
    if name == "script":
        return node if (node.attributes.get("type") or "").lower().startswith("math/tex") else None
    inside = node.attributes.get("srcdoc") or ""
    return parsed(inside.replace("<iframe", "<x-iframe")).body if inside else None  # of frames in frames none is shown


def _drawn(node: LexborNode, name: str) -> str | None:
    """Return the labels of a drawing, or a formula as TeX where it has that; None for a formula to be read as it is."""
    if name == "svg":
        return f" {' '.join(' '.join(each.text().split()) for each in node.css('text, foreignobject'))} "
    tex = node.css_first('annotation[encoding="application/x-tex"]')
    return None if tex is None else f" {tex.text().strip()} "


def _in_picture(node: LexborNode | None) -> bool:
    """Return whether the element lies in an `svg`, whose title is a picture's."""
    while node is not None and node.tag != "svg":
        node = node.parent
    return node is not None


def _title(node: LexborNode, furniture: Furniture) -> str:
    """Return the text of a heading, caption or cell in a line, without what documentation tools put behind it."""
    texts: list[str] = []
    for piece in _pieces(node, furniture, WITHIN):
        texts.append(
            piece if isinstance(piece, str) else f" {piece[1] if isinstance(piece, tuple) else ' '.join(piece)} "
        )
    return " ".join(with_powers("".join(texts)).split())


def _table(table: LexborNode, furniture: Furniture) -> tuple[list[str], list[str]]:
    """Return what stands over a data table, and its rows, its head first, cells parted by ` | `.

    Both are empty for a table without a head, which may only place what it holds.
    """
    if (
        table.css_first("table table")
        or not table.css_first("th, thead td")
        or table.css_first("h1, h2, h3, h4, h5, h6, pre, ul")
    ):
        return [], []
    rows = list(filter(None, (row.css("th, td") for row in table.css("tr"))))
    heads = [all(cell.tag == "th" or _is_in_head(cell) for cell in row) for row in rows]
    over = next((at for at, row in enumerate(rows) if len(row) > 1 or not heads[at]), 0)
    depth = heads[over:].index(False) if False in heads[over:] else 1
    if depth == 0 or len(rows[over]) < 2:
        return [], []
    cells = [[Cell(_title(cell, furniture), *_spans(cell)) for cell in row] for row in rows]
    lines = laid_out(
        [*map(apart, cells[over:][:depth]), *cells[over:][depth:]] if depth > 1 else cells[over:], skips=True
    )
    head = [" ".join(dict.fromkeys(filter(None, texts))) for texts in zip(*lines[:depth], strict=True)]
    return [row[0].text for row in cells[:over]], [" | ".join(line) for line in (head, *lines[depth:])]


def _is_in_head(cell: LexborNode) -> bool:
    row = cell.parent
    return row is not None and row.parent is not None and row.parent.tag == "thead"


def _spans(cell: LexborNode) -> tuple[int, int]:
    """Return how many columns and rows a cell spans."""
    columns, rows = (str(cell.attributes.get(name) or "1").strip() for name in ("colspan", "rowspan"))
    down = int(rows) if rows.isdecimal() and len(rows) < 6 else 1
    return int(columns) if columns.isdecimal() and 0 < len(columns) < 5 and int(columns) else 1, down or _TO_THE_END


def _collapsed(pieces: list[str]) -> str:
    text = with_powers("".join(pieces).replace("\r", ""))
    text = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return re.sub(r"\n{2,}[ \t]*", "\n\n", text).strip()
