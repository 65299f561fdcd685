"""The numbers before headings and paragraphs that Writer counts, and that stand in no text."""

from __future__ import annotations

from typing import Any

import pytest
from documents import zipped
from index.readers import counting
from test_drawings import texts

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table", "style")
)
LOEXT = 'xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"'
NUMBER = "<text:list-level-style-number text:level='{}' style:num-format='{}' style:num-suffix='{}' {more}/>"
HEADING = "<text:outline-level-style text:level='{}' style:num-format='{}' {more}/>"


def number(place: int, form: str, suffix: str = ".", more: str = "") -> str:
    return NUMBER.format(place, form, suffix, more=more)


def writer(body: str, automatic: str = "", styles: str = "") -> bytes:
    """A document with these styles of its own, and these common ones."""
    content = f"<office:automatic-styles>{automatic}</office:automatic-styles><office:body>{body}</office:body>"
    parts = {"content.xml": f"<office:document-content {SPACES} {LOEXT}>{content}</office:document-content>"}
    if styles:
        common = f"<office:styles>{styles}</office:styles>"
        parts["styles.xml"] = f"<office:document-styles {SPACES} {LOEXT}>{common}</office:document-styles>"
    return zipped(parts)


def list_style(*levels: str, name: str = "L1") -> str:
    return f"<text:list-style style:name='{name}'>{''.join(levels)}</text:list-style>"


def listed(*items: str, more: str = "text:style-name='L1'") -> str:
    return f"<text:list {more}>{''.join(items)}</text:list>"


def item(text: str = "", *inner: str, more: str = "") -> str:
    return f"<text:list-item {more}>{f'<text:p>{text}</text:p>' if text else ''}{''.join(inner)}</text:list-item>"


def heading(text: str, place: int = 1, more: str = "") -> str:
    return f"<text:h text:outline-level='{place}' {more}>{text}</text:h><text:p>.</text:p>"


L1 = list_style(number(1, "1"), number(2, "a", ")", "style:num-letter-sync='true'"))
DEEP = list_style(number(1, "1"), number(2, "1", "", "text:display-levels='2'"))
OUTLINED = "<text:outline-style>{}</text:outline-style>".format(
    HEADING.format(1, "1", more="") + HEADING.format(2, "1", more="text:display-levels='2'")
)
BULLETS = "<text:list-style style:name='L1'><text:list-level-style-bullet text:level='1'/></text:list-style>"
WRITER: dict[str, tuple[str, str, list[str]]] = {
    "levels": (
        L1,
        listed(item("a", listed(item("b"), item("c"), more="")), item("d", listed(item("e"), more=""))),
        ["1. a", "a) b", "b) c", "2. d", "a) e"],
    ),
    "a second paragraph of an item": (L1, listed(item("a", "<text:p>b</text:p>"), item("c")), ["1. a", "b", "2. c"]),
    "two lists": (L1, listed(item("a")) + listed(item("b")), ["1. a", "1. b"]),
    "a list that goes on": (
        L1,
        listed(item("a")) + listed(item("b"), more="text:style-name='L1' text:continue-numbering='true'"),
        ["1. a", "2. b"],
    ),
    "a list that goes on by its id, in the middle of a level": (
        DEEP,
        listed(item("a", listed(item("b"), more="")), more="text:style-name='L1' xml:id='x'")
        + "<text:p>between</text:p>"
        + listed(item("", listed(item("c"), more="")), more="text:style-name='L1' text:continue-list='x'"),
        ["1. a", "1.1 b", "between", "1.2 c"],
    ),
    "a start": (L1, listed(item("a", more="text:start-value='7'"), item("b")), ["7. a", "8. b"]),
    "a header": (
        L1,
        listed("<text:list-header><text:p>x</text:p></text:list-header>", item("a")),
        ["x", "1. a"],
    ),
    "the newer form": (
        list_style(
            number(1, "I", more="loext:num-list-format='Art. %1%'"),
            number(2, "1", more="loext:num-list-format='%1%-%2%'"),
        ),
        listed(item("a", listed(item("b"), more=""))),
        ["Art. I a", "I-1 b"],
    ),
    "bullets": (BULLETS, listed(item("a")), ["a"]),
    "no style": ("", listed(item("a")), ["a"]),
    "a number that was saved": ("", listed(item("", "<text:number>9)</text:number><text:p>a</text:p>")), ["9) a"]),
    "in a table": (
        L1,
        "<table:table><table:table-row>"
        + "".join(f"<table:table-cell>{listed(item(text))}</table:table-cell>" for text in "ab")
        + "</table:table-row></table:table>",
        ["1. a | 1. b"],
    ),
    "a start beyond all": (L1, listed(item("a", more="text:start-value='99999999999999999999'")), ["1. a"]),
}


@pytest.mark.parametrize("name", WRITER)
def test_writer_lists(name: str) -> None:
    styles, body, wanted = WRITER[name]
    for given in (writer(body, styles), writer(body, "", styles or "<style:style style:name='a'/>")):
        assert [line for _, text in texts(given, ".odt") for line in text.splitlines()] == wanted


def test_writer_headings_are_numbered_by_the_outline() -> None:
    unlisted = "<style:style style:name='P1' style:list-style-name=''/>"
    body = [
        heading("Scope"),
        heading("Terms", 2),
        heading("Uses", 2),
        heading("Preface", 1, "text:style-name='P1'"),
        heading("Summary", 1, "text:is-list-header='true'"),
        heading("Duties"),
        heading("Of one", 2),
        heading("Anew", 1, "text:restart-numbering='true' text:start-value='9'"),
        heading("<text:number>Z</text:number>Saved"),
    ]
    assert [section for section, _ in texts(writer("".join(body), unlisted, OUTLINED), ".odt")] == [
        "1 Scope",
        "1 Scope > 1.1 Terms",
        "1 Scope > 1.2 Uses",
        "Preface",
        "Summary",
        "2 Duties",
        "2 Duties > 2.1 Of one",
        "9 Anew",
        "Z Saved",
    ]


@pytest.mark.parametrize(
    ("write", "numbers"),
    [
        (counting.roman, {1: "i", 4: "iv", 1999: "mcmxcix", 0: "0", 5000: "5000"}),
        (counting.letters, {1: "a", 26: "z", 27: "aa", 53: "aaa", 780: "z" * 30, 781: "781", 0: "0"}),
        (counting.columns, {1: "a", 26: "z", 27: "aa", 28: "ab", 703: "aaa", 0: "0"}),
        (counting.ordinal, {1: "1st", 2: "2nd", 3: "3rd", 11: "11th", 21: "21st", 112: "112th"}),
        (counting.chinese, {0: "\u3007", 9: "九", 10: "十", 11: "十一", 20: "二十", 99: "九十九", 100: "100"}),
        (counting.circled, {1: "①", 20: "⑳", 21: "21"}),
        (counting.padded, {1: "01", 10: "10"}),
    ],
)
def test_numbers_are_written_as_lists_count(write: Any, numbers: dict[int, str]) -> None:
    assert {number: write(number) for number in numbers} == numbers
