"""Documents as sections: text, Markdown, HTML, PDF and JSONL, each a heading with the text that stands under it."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

MEDIA = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".rst": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
    ".jsonl": "application/jsonl",
}
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_ATX = re.compile(r"^ {0,3}(#{1,6})[ \t]")
_MOST_MARKS = 30  # after one character; Unicode's Stream-Safe Text Format has the same bound
_NO_LATIN = re.compile(rf"[^\x00-\u02ff]{{{_MOST_MARKS + 1},}}")
_RULE = re.compile(r"^([=*\-~^\"'#])\1{2,}[ \t]*$")
_HTML_DROPPED = ("script", "style", "template", "noscript", "nav", "header", "footer", "aside", "head", "svg", "form")
_HTML_ROLES = ("navigation", "search", "banner", "contentinfo", "complementary")  # pages older than the elements
_PERMALINKS = ("\u00b6", "#", "\u00a7", "\U0001f517")  # what documentation tools put behind each heading
_HTML_BLOCKS = frozenset(
    {"address", "article", "blockquote", "body", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "hr"}
    | {"li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"}
)


class Unreadable(Exception):
    """The bytes are not what the media type says; the message tells why."""


@dataclass(frozen=True, slots=True)
class Section:
    """Text and where it stands: `heading` is the path of headings above it, joined by ` > `."""

    heading: str
    text: str


def sections(data: bytes, media: str, most: int = 16 << 20) -> list[Section]:
    """Return a document's sections in reading order; those without text are left out.

    Args:
        data: the file's bytes.
        media: its media type.
        most: bytes of text that it may hold, as UTF-8, each section with its heading.

    Raises:
        Unreadable: the media type is unknown, the bytes are not of that type, or the text is too long.
    """
    reader = _READERS.get(media)
    if reader is None:
        raise Unreadable(f"unsupported media type {media!r}; use one of {', '.join(sorted(_READERS))}")
    read_sections: list[Section] = []
    for section in reader(data):
        section = Section(_whole(section.heading.strip()), _whole(section.text.strip("\n")))
        most -= len(section.heading.encode()) + len(section.text.encode())
        if most < 0:
            raise Unreadable("it holds more text than a document may")
        if section.text.strip():
            read_sections.append(section)
    return read_sections


def _whole(text: str) -> str:
    """Return the text with U+FFFD for each half of a surrogate pair: parsers give some, and no store takes them."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def normalised(data: bytes) -> str:
    """UTF-8 as text: no byte order mark, NFC, newlines as \\n, no NUL; invalid bytes become U+FFFD."""
    text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return _nfc(text)


def _nfc(text: str) -> str:
    """Return the text in NFC, or as it is where more marks follow one character than any script has.

    Python sorts the marks of a character by inserting each into its place: 100,000 of them take a minute.
    """
    for run in _NO_LATIN.finditer(text):
        marks = 0
        for character in run[0]:
            marks = marks + 1 if unicodedata.combining(character) else 0
            if marks > _MOST_MARKS:
                return text
    return unicodedata.normalize("NFC", text)


class _Path:
    """The headings above the line that is being read."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, title: str) -> None:
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        self._open.append((level, " ".join(title.split())))

    def __str__(self) -> str:
        return " > ".join(title for _, title in self._open if title)


def _text(data: bytes) -> Iterator[Section]:
    """Plain text; a line with a rule of its length under it is a heading, its level that rule's place in the text."""
    lines = normalised(data).split("\n")
    path, levels, held, index = _Path(), {}, [], 0
    while index < len(lines):
        title, rule = lines[index], lines[index + 1] if index + 1 < len(lines) else ""
        if title.strip() and title[0] not in " \t" and _RULE.match(rule) and len(rule.rstrip()) >= len(title.rstrip()):
            yield Section(str(path), "\n".join(held))
            path.enter(levels.setdefault(rule[0], len(levels)), title)
            held, index = [], index + 2
            continue
        held.append(title)
        index += 1
    yield Section(str(path), "\n".join(held))


def _markdown(data: bytes) -> Iterator[Section]:
    """CommonMark's ATX and setext headings, none inside a fence; YAML front matter is left out."""
    text = re.sub(r"\A---\n.*?\n(---|\.\.\.)\n", "", normalised(data), count=1, flags=re.S)
    path, held, fence = _Path(), [], ""
    for line in text.split("\n"):
        if mark := _FENCE.match(line):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        elif not fence and (atx := _ATX.match(line)):
            yield Section(str(path), "\n".join(held))
            path.enter(len(atx[1]), line[atx.end() :].strip(" \t").rstrip("#"))
            held = []
            continue
        elif not fence and held and held[-1].strip() and re.match(r"^ {0,3}(=+|-{2,})[ \t]*$", line):
            title = held.pop()
            yield Section(str(path), "\n".join(held))
            path.enter(1 if "=" in line else 2, title)
            held = []
            continue
        held.append(line)
    yield Section(str(path), "\n".join(held))


def _html(data: bytes) -> Iterator[Section]:
    """Yield the page's own text: h1 to h6 are headings; scripts, navigation and the like are left out."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(data, "lxml")
    title = " ".join(soup.title.get_text().split()) if soup.title else ""
    for dropped in soup.find_all(_decorates):
        dropped.decompose()
    path, held = _Path(), []
    path.enter(0, title if not soup.find("h1") else "")
    for level, text in _html_pieces(soup.body or soup):
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
    return node.name in _HTML_DROPPED or node.get("role") in _HTML_ROLES


def _html_pieces(root) -> Iterator[tuple[int, str]]:
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
            block = node.name in _HTML_BLOCKS
            yield 0, "\n\n" if block and node.name not in ("tr", "li") else ""
            stack.append(iter(node.children))
            after = "\n" if block else " " if node.name in ("td", "th") else ""
            ends.append((after, ends[-1][1] or node.name == "pre"))


def _collapsed(pieces: list[str]) -> str:
    text = _nfc("".join(pieces)).replace("\0", "").replace("\r", "")
    text = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return re.sub(r"\n{2,}[ \t]*", "\n\n", text).strip()


def _pdf(data: bytes) -> Iterator[Section]:
    """Yield a section a page, under the outline's entry that leads to it, else under the page's number."""
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it also logs what it repaired
    try:
        reader = PdfReader(io.BytesIO(data))
        outline = _outline(reader)
        heading = ""
        pages = set()
        for number, page in enumerate(reader.pages, 1):
            heading = outline.get(number - 1, heading)
            if (name := page.indirect_reference) is not None and name.idnum in pages:
                continue  # a page that is named once more says nothing new, and may be named a million times
            pages.add(name.idnum if name is not None else None)
            text = _nfc(page.extract_text()).replace("\0", "")
            yield Section(f"{heading} > page {number}" if heading else f"page {number}", text)
    except MemoryError:
        raise
    except Exception as error:  # of any class: pypdf also raises NotImplementedError, struct.error, zlib.error and more
        raise Unreadable(f"invalid PDF: {type(error).__name__}: {error}") from error


def _outline(reader) -> dict[int, str]:
    """Page index -> the first outline entry that leads there."""
    parts: dict[int, str] = {}
    pending = list(reversed(reader.outline))
    while pending:
        entry = pending.pop()
        if isinstance(entry, list):
            pending.extend(reversed(entry))
        elif (page := reader.get_destination_page_number(entry)) is not None:
            parts.setdefault(page, " ".join(str(entry.title).split()))
    return parts


def _jsonl(data: bytes) -> Iterator[Section]:
    """Yield a section a line: {"text": ..., "heading" or "title": ...}."""
    for number, raw in enumerate(data.splitlines(), 1):
        if not raw.strip():
            continue
        try:
            row = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise Unreadable(f"line {number} is not JSON: {error}") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise Unreadable(f'line {number} has no "text"')
        heading = row.get("heading") or row.get("title") or ""
        yield Section(" ".join(str(heading).split()), normalised(row["text"].encode("utf-8", "replace")))


_READERS: dict[str, Callable[[bytes], Iterator[Section]]] = {
    "text/plain": _text,
    "text/markdown": _markdown,
    "text/html": _html,
    "application/pdf": _pdf,
    "application/jsonl": _jsonl,
}
