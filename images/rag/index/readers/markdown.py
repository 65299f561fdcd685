"""Markdown by a CommonMark parser: the text is the source's own lines, cut at its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.readers.section import HeadingPath, Section

_LONG_TITLE = 120  # characters; a rule under a longer paragraph, or one of several lines, is meant to part two texts
_LONG_TABLE = 12  # rows; a longer table is a section of its own, whose header is repeated
_DATA = re.compile(r"data:[\w.+-]{1,40}/[\w.+-]{1,60};base64,[A-Za-z0-9+/=]*")
_RULE = set("-*_ \t\n")  # lines of these alone part texts and say nothing
_KEY = re.compile(r"[A-Za-z_][\w-]*[ \t]*:(?:[ \t]|$)")


def read(text: str) -> Iterator[Section]:
    """Yield a section a heading; front matter, comments and pictures within the text are left out."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.disable(["inline", "text_join"])
    lines = _without_front_matter(text).split("\n")
    tokens = parser.parse("\n".join(lines))
    verbatim = {line for token in tokens if token.type in ("fence", "code_block") for line in range(*token.map)}
    path, begin = HeadingPath(), 0
    for number, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        start, end = token.map
        if token.type == "heading_open" and not _parts(token.markup, title := tokens[number + 1].content):
            yield Section(str(path), _text(lines, begin, start, verbatim))
            path.enter(int(token.tag[1]), title)
            begin = end
        elif token.type == "table_open" and end - start > _LONG_TABLE:
            yield Section(str(path), _text(lines, begin, start, verbatim))
            table = _text(lines, start, end, verbatim).strip("\n")
            yield Section(str(path), table, header="\n".join(table.split("\n")[:2]))
            begin = end
    yield Section(str(path), _text(lines, begin, len(lines), verbatim))


def _parts(markup: str, title: str) -> bool:
    """Return whether a heading is a paragraph with a rule under it: no chunk would hold the whole of such a heading."""
    return markup == "-" and ("\n" in title or len(title) > _LONG_TITLE)


def _without_front_matter(text: str) -> str:
    """Return the text without a block of YAML at its start; a rule there is only a rule."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return text
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() in ("---", "..."):
            return "\n".join(lines[number + 1 :]) if number > 1 else text
        if line.strip() and not (_KEY.match(line) or line[0] in " \t#-" or (number > 1 and line[0] in "]}")):
            return text
    return text


def _text(lines: list[str], begin: int, end: int, verbatim: set[int]) -> str:
    """Return lines as text, comments and pictures left out where they are not code."""
    parts: list[str] = []
    held: list[str] = []
    for number in range(begin, end):
        if number in verbatim:
            parts += [_without_comments("\n".join(held)), lines[number]] if held else [lines[number]]
            held = []
        else:
            held.append(lines[number])
    if held:
        parts.append(_without_comments("\n".join(held)))
    return "\n".join(parts)


def _without_comments(text: str) -> str:
    text = _DATA.sub("", text)
    pieces, place = [], 0
    while (start := text.find("<!--", place)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        pieces.append(text[place:start])
        place = end + 3
    visible = "".join([*pieces, text[place:]])
    return "" if set(visible) <= _RULE else visible
