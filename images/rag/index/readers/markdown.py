"""Markdown by a CommonMark parser: the text is the source's own lines, cut at its headings."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from html import unescape

from index.readers.section import HeadingPath, Section, Title

_LONG_TITLE = 120  # characters; a rule under a longer paragraph, or one of several lines, is meant to part two texts
_LONG_TABLE = 12  # rows; a longer table is a section of its own, whose header is repeated
_DATA = re.compile(r"data:(?:[\w.+-]{1,40}/[\w.+-]{1,60})?(?:;[\w.=+-]{1,60}){0,4};base64,[\w+/=%-]*", re.ASCII)
_TICKS, _OPENS = re.compile("`+"), re.compile("`+|<!--")
_RULE = set("-*_ \t\n")  # lines of these alone part texts and say nothing
_TITLE = re.compile(r"[\"']?title[\"']?[ \t]*(?::(?:[ \t]+(.*)|$)|=[ \t]*(.*))", re.I)
_NULL = ("", "~", "null")
_KEY = re.compile(r"""["']?[A-Za-z_][\w.-]*["']?[ \t]*:(?:[ \t]|$)""")
_TOML_KEY = re.compile(r"[\w.\"'-]+[ \t]*=|\[")
_BLANK = re.compile(r"\n[ \t]*\n")
_NAMED_PLACE = re.compile(r"<a\s[^<>]{0,200}>\s*</a>|<a\s[^<>]{0,200}/>")  # an anchor of HTML before a title
_HTML_HEADING = re.compile(r"\s*<h([1-6])(?:\s[^<>]{0,500})?>(.{1,2000}?)</h\1>[ \t]*(?=\n|$)", re.DOTALL | re.I)
_TAG = re.compile(r"<[^<>]{1,2000}>")
_ANCHOR = re.compile(r"(?<![ \t])[ \t]*\{[#.:][^{}]{0,200}\}[ \t]*$")  # `## Title {#anchor}`


def read(text: str) -> Iterator[Section | Title]:
    """Yield the title that front matter gives, and a section a heading.

    The rest of front matter, comments and pictures within the text are left out.
    """
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.disable(["inline", "text_join"])
    lines = text.split("\n")
    front = front_matter(lines)
    if title := front_title(lines[:front]):
        yield Title(title)
    lines = lines[front:]
    tokens = parser.parse("\n".join(lines))
    verbatim = {line for token in tokens if token.type in ("fence", "code_block") for line in range(*token.map)}
    path, begin = HeadingPath(), 0
    for number, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        start, end = token.map
        if token.type == "heading_open" and not _parts(token.markup, title := tokens[number + 1].content):
            yield Section(str(path), _text(lines, begin, start, verbatim))
            path.enter(int(token.tag[1]), _heading(title))
            begin = end
        elif token.type == "html_block" and (heading := _html_heading("\n".join(lines[start:end]))):
            yield Section(str(path), _text(lines, begin, start, verbatim))
            level, title, count = heading
            path.enter(level, title)
            begin = start + count
        elif token.type == "table_open" and end - start > _LONG_TABLE:
            yield Section(str(path), _text(lines, begin, start, verbatim))
            table = _text(lines, start, end, verbatim).strip("\n")
            yield Section(str(path), table, header="\n".join(table.split("\n")[:2]))
            begin = end
    yield Section(str(path), _text(lines, begin, len(lines), verbatim))


def _parts(markup: str, title: str) -> bool:
    """Return whether a heading is a paragraph with a rule under it: no chunk would hold the whole of such a heading."""
    return markup == "-" and ("\n" in title or len(title) > _LONG_TITLE)


def _heading(content: str) -> str:
    """Return what a heading says: without comments, pictures within the text and its own anchor."""
    visible = _NAMED_PLACE.sub("", _without_comments(content)).strip()
    return _ANCHOR.sub("", visible) or visible or ("" if "<!--" in content else content)


def _html_heading(block: str) -> tuple[int, str, int] | None:
    """Return level, text and number of lines of a heading that a block of HTML begins with; None where it does not."""
    if not (match := _HTML_HEADING.match(block)):
        return None
    title = " ".join(unescape(_TAG.sub(" ", match[2])).split())
    return (int(match[1]), title, match[0].count("\n") + 1) if title else None


def front_matter(lines: list[str]) -> int:
    """Return how many lines a block of YAML or TOML at the start has, 0 where there is none; a rule is only a rule."""
    if lines[0].rstrip() == "+++":
        keys = [number for number, line in enumerate(lines[1:], 1) if line.strip() and line[0] != "#"]
        end = next((number for number in keys if lines[number].rstrip() == "+++"), 0)
        return end + 1 if end and _TOML_KEY.match(lines[keys[0]]) else 0
    if lines[0].rstrip() != "---":
        return 0
    keyed = False  # before the first key there are comments alone: else it is a rule, and a text after it
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() in ("---", "..."):
            return number + 1 if keyed else 0
        is_key = bool(_KEY.match(line))
        inside = keyed and (not line.strip() or line[0] in " \t#-]}")
        if not (is_key or inside or line.startswith("#")):
            return 0
        keyed = keyed or is_key
    return 0


def front_title(front: list[str]) -> str:
    """Return the value of `title` at the top level of front matter; a value of several lines as one."""
    for number, line in enumerate(front):
        if match := _TITLE.match(line):
            following = itertools.takewhile(lambda line: line.startswith((" ", "\t")), front[number + 1 :])
            lines = [line, *following]
            parsed = _toml if front[0].startswith("+++") else _yaml
            title = parsed("\n".join(lines))
            return " ".join((title if title is not None else _as_written(match, lines)).split())
    return ""


def _yaml(block: str) -> str | None:
    """Return the text of a mapping's only value; None where it is not YAML, or not a text."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # numbers, dates and `yes` stay as they are written
    try:
        (value,) = yaml.load(block, loader).values()
    except (yaml.YAMLError, ValueError, AttributeError, RecursionError):
        return None
    if not isinstance(value, str):
        return None
    quoted = block.rstrip().endswith(("'", '"'))
    return "" if value.lower() in _NULL and not quoted else value


def _toml(block: str) -> str | None:
    import tomllib

    try:
        (value,) = tomllib.loads(block).values()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, str) else None


def _as_written(match: re.Match[str], lines: list[str]) -> str:
    """Return a title that YAML does not take, such as `a: b`."""
    value = (match[1] or match[2] or "").strip()
    if not value or value[0] not in "\"'":
        value = value.partition(" #")[0]
    value = " ".join([value, *(line.strip() for line in lines[1:])]).strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


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


def _code_spans(text: str) -> dict[int, int]:
    """Return where each span of code ends, by its start: at the next run of as many backticks in its paragraph."""
    spans: dict[int, int] = {}
    last: dict[int, int] = {}  # the start of the last run of each length
    for run in _TICKS.finditer(text):
        length, start = len(run[0]), run.start()
        if length in last and text.find("\n\n", last[length], start) < 0:
            spans[last[length]] = run.end()
        last[length] = start
    return spans


def _without_comments(text: str) -> str:
    text = _DATA.sub("", text)
    pieces, place, after = [], 0, 0
    code = _code_spans(text) if "`" in text else {}
    for start in (match.start() for match in _OPENS.finditer(text)):
        if start < after:
            continue
        if text[start] == "`":
            after = code.get(start, start + 1)
            continue
        end, limit = _comment(text, start)
        if end:
            pieces.append(text[place:start])
            place = end
        after = end or limit  # none that opens before that place ends
    visible = "".join([*pieces, text[place:]])
    return "" if set(visible) <= _RULE else visible


def _comment(text: str, start: int) -> tuple[int, int]:
    """Return where a comment ends, 0 where it is none, and up to where that was looked for.

    One that stands in a paragraph ends in it: else it is text, which shows.
    """
    if text[start - 1 : start] == "\\":
        return 0, start + 1
    alone = not text[text.rfind("\n", 0, start) + 1 : start].strip()
    blank = None if alone else _BLANK.search(text, start)
    limit = blank.start() if blank else len(text)
    end = text.find("-->", start + 2, limit)  # `<!-->` is a comment too
    return (end + 3 if end >= 0 else 0), limit
