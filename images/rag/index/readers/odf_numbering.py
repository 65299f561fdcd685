"""The numbers that OpenDocument shows before headings and paragraphs, and has in no text.

ODF 1.3, part 3: `text:list`, `text:list-style`, `text:outline-style`. A list that goes on in another counts on; what a
nested list counts starts anew after each number of the level above.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from index.readers import counting

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_FORMATS: dict[str, Callable[[int], str]] = {
    "1": str,
    "i": counting.roman,
    "I": lambda number: counting.roman(number).upper(),
    "a": counting.columns,
    "A": lambda number: counting.columns(number).upper(),
    "1st": counting.ordinal,
    "一, 二, 三, ...": counting.chinese,
    "①, ②, ③, ...": counting.circled,
}
_REPEATED = {"a": counting.letters, "A": lambda number: counting.letters(number).upper()}
_COUNTED = re.compile("%([0-9]{1,2})%")
_LARGEST = 10**9
_OUTLINE = "Outline"  # how a list names the outline of headings


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level counts.

    Attributes:
        start: its first number.
        write: gives a number's text; None where none is shown.
        shown: how many levels it shows, its own the last.
        around: what stands before and after.
        form: of the newer kind, `%1%` for the first level's number and so on; "" where there is none.
    """

    start: int
    write: Callable[[int], str] | None
    shown: int
    around: tuple[str, str]
    form: str


_Levels = Mapping[int, _Level]


@dataclass(slots=True)
class _List:
    """Where in a list an element stands.

    Attributes:
        levels: how it counts.
        place: its level, from 1.
        counts: the last number of each level, shared with the lists that it continues.
        start: the number that its item is given; "" where it goes on.
        numbered: whether its item has had its number, or has none.
        saved: the number that was saved with the item; "" where none was.
    """

    levels: _Levels
    place: int
    counts: dict[int, int] = field(default_factory=dict)
    start: str = ""
    numbered: bool = True
    saved: str = ""


def numbers(body: Any, *parts: Any) -> dict[Any, str]:
    """Return what stands before headings and paragraphs, by their elements; those without a number are left out.

    Args:
        body: what they are in.
        parts: the roots of the parts that hold styles, those of the content itself first.
    """
    return _Numbers(parts).of(body)


class _Numbers:
    def __init__(self, parts: tuple[Any, ...]) -> None:
        self._lists: dict[str, _Levels] = {}
        self._unlisted: set[str] = set()  # styles of headings that have no number
        for part in reversed(parts):
            for style in part.iter(f"{_TEXT}list-style", f"{_TEXT}outline-style", f"{_STYLE}style"):
                name = style.get(f"{_STYLE}name", _OUTLINE)
                if style.tag != f"{_STYLE}style":
                    self._lists[_OUTLINE if style.tag.endswith("outline-style") else name] = _levels(style)
                elif style.get(f"{_STYLE}list-style-name") == "":
                    self._unlisted.add(name)
        self._outline = _List(self._lists.get(_OUTLINE, {}), 1)
        self._by_id: dict[str | None, dict[int, int]] = {}
        self._by_style: dict[str, dict[int, int]] = {}

    def of(self, body: Any) -> dict[Any, str]:
        labels: dict[Any, str] = {}
        pending: list[tuple[Any, _List | None]] = [(body, None)]
        while pending:
            node, listed = pending.pop()
            if node.tag == f"{_TEXT}list":
                listed = self._entered(node, listed)
            elif node.tag in (f"{_TEXT}list-item", f"{_TEXT}list-header") and listed is not None:
                is_header, start = node.tag == f"{_TEXT}list-header", node.get(f"{_TEXT}start-value", "")
                saved = node.findtext(f"{_TEXT}number", "")
                listed = _List(listed.levels, listed.place, listed.counts, start, is_header, saved)
            elif node.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                if number := self._number(node, listed).strip():
                    labels[node] = number
                continue
            elif node.tag == f"{_TEXT}tracked-changes":
                continue
            pending.extend((child, listed) for child in reversed(node) if isinstance(child.tag, str))
        return labels

    def _entered(self, node: Any, outer: _List | None) -> _List:
        name = node.get(f"{_TEXT}style-name", "")
        levels = self._lists.get(name) or (outer.levels if outer else {})
        if outer is not None:
            return _List(levels, outer.place + 1, outer.counts)
        counts = self._by_id.get(node.get(f"{_TEXT}continue-list"))
        if name == _OUTLINE:
            counts = self._outline.counts
        elif counts is None:
            goes_on = node.get(f"{_TEXT}continue-numbering") == "true"
            counts = self._by_style.get(name, {}) if goes_on else {}
        self._by_id[node.get(_ID, name)] = self._by_style[name] = counts
        return _List(levels, 1, counts)

    def _number(self, node: Any, listed: _List | None) -> str:
        if listed is not None:
            if listed.numbered:
                return ""
            listed.numbered = True
            return _counted(listed, listed.start, listed.saved or node.findtext(f"{_TEXT}number", ""))
        style = node.get(f"{_TEXT}style-name", "")
        if node.tag == f"{_TEXT}p" or node.get(f"{_TEXT}is-list-header") == "true" or style in self._unlisted:
            return ""
        self._outline.place = whole(node.get(f"{_TEXT}outline-level"), 1)
        level, start = self._outline.levels.get(self._outline.place), node.get(f"{_TEXT}start-value", "")
        if not start and level and node.get(f"{_TEXT}restart-numbering") == "true":
            start = str(level.start)
        return _counted(self._outline, start, node.findtext(f"{_TEXT}number", ""))


def _counted(listed: _List, start: str, saved: str) -> str:
    """Return the next number of a list's level, and count it; what was saved with it is what was shown."""
    level, counts = listed.levels.get(listed.place), listed.counts
    if level is None:
        return saved
    given = counts[listed.place] + 1 if listed.place in counts else level.start
    counts[listed.place] = whole(start, given)
    for deeper in [place for place in counts if place > listed.place]:
        del counts[deeper]
    if saved or level.write is None:
        return saved

    def written(place: int) -> str:
        other = listed.levels.get(place)
        if other is None or other.write is None or place > listed.place:
            return ""
        return other.write(counts.get(place, other.start))

    if level.form:
        return _COUNTED.sub(lambda match: written(int(match[1])), level.form).strip()
    first = max(1, listed.place - level.shown + 1)
    shown = ".".join(filter(None, map(written, range(first, listed.place + 1))))
    return shown.join(level.around).strip()


def _levels(style: Any) -> _Levels:
    levels = {}
    for level in style:
        if isinstance(level.tag, str) and (place := whole(level.get(f"{_TEXT}level"), 0)):
            levels[place] = _level(level)
    return levels


def _level(level: Any) -> _Level:
    form, repeats = level.get(f"{_STYLE}num-format", ""), level.get(f"{_STYLE}num-letter-sync") == "true"
    is_number = bool(form) and "bullet" not in level.tag and "image" not in level.tag
    write = (_REPEATED if repeats else _FORMATS).get(form) or _FORMATS.get(form, str)
    # Of the newer kind LibreOffice writes it in a namespace of its own, whose name changes.
    newer = next((value for key, value in level.attrib.items() if key.endswith("}num-list-format")), "")
    return _Level(
        start=whole(level.get(f"{_TEXT}start-value"), 1),
        write=write if is_number else None,
        shown=whole(level.get(f"{_TEXT}display-levels"), 1),
        around=(level.get(f"{_STYLE}num-prefix", ""), level.get(f"{_STYLE}num-suffix", "")),
        form=newer,
    )


def whole(text: str | None, otherwise: int) -> int:
    """Return a whole number that is not negative; what is none, or far too large, is the other."""
    return int(text) if text and text.isascii() and text.isdecimal() and int(text) < _LARGEST else otherwise
