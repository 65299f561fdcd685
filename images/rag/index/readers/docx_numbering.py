"""The numbers that Word shows before headings and paragraphs, and has in no text: "1.2", "(a)", "Article IV".

ECMA-376, part 1, 17.9. A list's count is that of its abstract definition: an instance goes on where another ended, but
for a level that it starts anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from index.readers import counting

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering"
_FORMATS: dict[str, Callable[[int], str]] = {
    "decimalZero": counting.padded,
    "lowerRoman": counting.roman,
    "upperRoman": lambda number: counting.roman(number).upper(),
    "lowerLetter": counting.letters,
    "upperLetter": lambda number: counting.letters(number).upper(),
    "ordinal": counting.ordinal,
    "decimalEnclosedCircle": counting.circled,
    **dict.fromkeys(
        ("chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting"), counting.chinese
    ),
}
_NOTHING = {"bullet", "none"}
_COUNTED = re.compile("%([1-9])")
_DEEPEST = 20  # styles that are made from one another, and may lead round in a circle
_LARGEST = 10**9


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list counts.

    Attributes:
        start: its first number.
        form: of numbers, by Word's name.
        text: what is shown, with `%1` for the first level's number and so on.
        restart: the level, from 1, after which it starts anew; 0 never does, None after each that is higher.
        legal: whether all levels are shown in digits.
        style: the paragraph style that belongs to it.
    """

    start: int
    form: str
    text: str
    restart: int | None
    legal: bool
    style: str


@dataclass(frozen=True, slots=True)
class _List:
    """One instance of a list.

    Attributes:
        abstract: whose count it shares.
        levels: by their place, from 0.
        restarts: the numbers at which this instance starts levels anew.
    """

    abstract: str
    levels: Mapping[int, _Level]
    restarts: Mapping[int, int]


class Numbering:
    """What stands before a document's paragraphs, each asked once and in their order.

    Args:
        numbering: the root of numbering.xml; None where there is none.
        styles: by their ids.
    """

    def __init__(self, numbering: Any | None, styles: Mapping[str, Any]) -> None:
        self._styles = styles
        standard = (key for key, style in styles.items() if _is_standard(style))
        self._standard = next(standard, None)
        self._lists = self._read(numbering) if numbering is not None else {}
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()  # instances and their levels

    def before(self, paragraph: Any) -> str:
        """Return what a paragraph shows before its text; "" of one without a number, or with a bullet."""
        properties = paragraph.find(f"{_W}pPr")
        if properties is not None and properties.find(f"{_W}rPr/{_W}del") is not None:  # joined to the next one
            return ""
        number, place = self._of(properties)
        listed = self._lists.get(number)
        if listed is None or place not in listed.levels:
            return ""
        self._count(number, listed, place)
        return self._shown(listed, place)

    def _of(self, properties: Any | None) -> tuple[str, int]:
        """Return the list of a paragraph, "" for none, and its level in it: the paragraph's own, or its style's."""
        own = properties.find(f"{_W}numPr") if properties is not None else None
        number, place = value_of(own, "numId"), value_of(own, "ilvl")
        name = value_of(properties, "pStyle") or self._standard
        for _ in range(_DEEPEST):
            style = self._styles.get(name)
            if style is None or number:
                break
            if number := value_of(given := style.find(f"{_W}pPr/{_W}numPr"), "numId"):
                levels = self._lists[number].levels if number in self._lists else {}
                belongs = (str(at) for at, level in levels.items() if level.style == name)
                place = place or next(belongs, "") or value_of(given, "ilvl")
            name = value_of(style, "basedOn")
        return number, _whole(place, 0)

    def _count(self, number: str, listed: _List, place: int) -> None:
        counts = self._counts.setdefault(listed.abstract, {})
        first = (number, place) not in self._begun
        self._begun.add((number, place))
        if first and place in listed.restarts:
            counts[place] = listed.restarts[place]
        else:
            counts[place] = counts[place] + 1 if place in counts else listed.levels[place].start
        for deeper in [each for each in counts if each > place]:
            level = listed.levels.get(deeper)
            if level is None or level.restart is None or place < level.restart:
                del counts[deeper]

    def _shown(self, listed: _List, place: int) -> str:
        level, counts = listed.levels[place], self._counts[listed.abstract]
        if level.form == "bullet":
            return ""

        def written(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            other = listed.levels.get(at)
            if other is None or at > place:
                return ""
            number = counts.get(at, other.start)
            form = "decimal" if level.legal and other.form not in _NOTHING else other.form
            return "" if form in _NOTHING else _FORMATS.get(form, str)(number)

        return _COUNTED.sub(written, level.text).strip()

    def _read(self, numbering: Any) -> dict[str, _List]:
        abstracts = {each.get(f"{_W}abstractNumId"): each for each in numbering.iterfind(f"{_W}abstractNum")}
        linked = {value_of(each, "styleLink"): key for key, each in abstracts.items() if value_of(each, "styleLink")}
        lists = {}
        for each in numbering.iterfind(f"{_W}num"):
            key = value_of(each, "abstractNumId")
            if (abstract := abstracts.get(key)) is None:
                continue
            if link := value_of(abstract, "numStyleLink"):  # its levels are those of the definition of that style
                key = linked.get(link, key)
                abstract = abstracts[key]
            levels = {_whole(level.get(f"{_W}ilvl"), 0): _level(level) for level in abstract.iterfind(f"{_W}lvl")}
            restarts = {}
            for override in each.iterfind(f"{_W}lvlOverride"):
                place = _whole(override.get(f"{_W}ilvl"), 0)
                if (level := override.find(f"{_W}lvl")) is not None:
                    levels[place] = _level(level)
                if start := value_of(override, "startOverride"):
                    restarts[place] = _whole(start, 1)
            lists[each.get(f"{_W}numId", "")] = _List(key, levels, restarts)
        return {number: listed for number, listed in lists.items() if number != "0"}


def _level(level: Any) -> _Level:
    restart, legal = value_of(level, "lvlRestart"), level.find(f"{_W}isLgl")
    return _Level(
        start=_whole(value_of(level, "start"), 0),
        form=value_of(level, "numFmt") or "decimal",
        text=value_of(level, "lvlText"),
        restart=_whole(restart, 0) if restart else None,
        legal=legal is not None and legal.get(f"{_W}val", "1") not in ("0", "false", "off"),
        style=value_of(level, "pStyle"),
    )


def _is_standard(style: Any) -> bool:
    """Return whether it is the style of a paragraph that names none."""
    return style.get(f"{_W}type") == "paragraph" and style.get(f"{_W}default") in ("1", "true", "on")


def value_of(element: Any | None, name: str) -> str:
    """Return the value of an element's child of that name; "" where there is none."""
    child = element.find(f"{_W}{name}") if element is not None else None
    return child.get(f"{_W}val", "") if child is not None else ""


def _whole(text: str | None, otherwise: int) -> int:
    """Return a whole number; of a text that is not one, or far too large, the other."""
    try:
        number = int(text or "")
    except ValueError:
        return otherwise
    return number if abs(number) < _LARGEST else otherwise
