"""The numbers before headings and paragraphs that Word counts, and that stand in no text."""

from __future__ import annotations

import io

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from test_drawings import texts

LEVEL = (
    "<w:lvl w:ilvl='{}'><w:start w:val='{start}'/><w:numFmt w:val='{form}'/>{more}<w:lvlText w:val='{text}'/></w:lvl>"
)
NUM = "<w:num w:numId='{}'><w:abstractNumId w:val='{}'/>{}</w:num>"
STARTED = "<w:lvlOverride w:ilvl='{}'><w:startOverride w:val='{}'/></w:lvlOverride>"


def level(place: int, text: str, form: str = "decimal", start: int = 1, more: str = "") -> str:
    return LEVEL.format(place, start=start, form=form, text=text, more=more)


def abstract(*levels: str, number: int = 90, more: str = "") -> str:
    return f"<w:abstractNum w:abstractNumId='{number}'>{more}{''.join(levels)}</w:abstractNum>"


def paragraph(text: str, number: int | None = None, place: int | None = 0, style: str = "", more: str = "") -> str:
    listed = f"<w:ilvl w:val='{place}'/>" if place is not None else ""
    listed += f"<w:numId w:val='{number}'/>" if number is not None else ""
    properties = f"<w:pStyle w:val='{style}'/>" if style else ""
    properties += f"<w:numPr>{listed}</w:numPr>" if number is not None else ""
    return f"<w:p><w:pPr>{properties}{more}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def word(definitions: list[str], blocks: list[str], styles: dict[str, str] | None = None) -> bytes:
    """A document with these lists; a style may be given what its paragraphs are numbered by."""
    made = docx.Document()
    root = made.part.numbering_part.element
    for each in list(root):
        root.remove(each)
    for each in definitions:
        root.append(parse_xml(each.replace(" ", f" {nsdecls('w')} ", 1)))
    for name, properties in (styles or {}).items():
        style = made.styles[name].element.get_or_add_pPr()
        style.append(parse_xml(f"<w:numPr {nsdecls('w')}>{properties}</w:numPr>"))
    for block in blocks:
        made.element.body.insert(len(made.element.body) - 1, parse_xml(block.replace(">", f" {nsdecls('w')}>", 1)))
    made.save(held := io.BytesIO())
    return held.getvalue()


OUTLINE = abstract(level(0, "%1."), level(1, "%1.%2"), level(2, "(%3)", "lowerLetter"))
SIMPLE = [OUTLINE, NUM.format(1, 90, ""), NUM.format(2, 90, STARTED.format(0, 1)), NUM.format(3, 90, "")]


def lines(definitions: list[str], *blocks: str) -> list[str]:
    return [line for _, text in texts(word(definitions, list(blocks)), ".docx") for line in text.splitlines()]


LISTS: dict[str, tuple[list[str], list[str], list[str]]] = {
    "levels": (
        SIMPLE,
        [paragraph(text, 1, place) for text, place in zip("abcdefg", (0, 1, 2, 2, 1, 2, 0), strict=True)],
        ["1. a", "1.1 b", "(a) c", "(b) d", "1.2 e", "(a) f", "2. g"],
    ),
    "an instance goes on where another ended": (
        SIMPLE,
        [paragraph("a", 1), paragraph("b", 3), paragraph("c", 1)],
        ["1. a", "2. b", "3. c"],
    ),
    "an instance that starts anew, once": (
        SIMPLE,
        [paragraph("a", 1), paragraph("b", 2), paragraph("c", 2), paragraph("d", 1)],
        ["1. a", "1. b", "2. c", "3. d"],
    ),
    "text between": (SIMPLE, [paragraph("a", 1), paragraph("x"), paragraph("b", 1)], ["1. a", "x", "2. b"]),
    "no list": (SIMPLE, [paragraph("a", 0), paragraph("b", 7), paragraph("c", 1, 8)], ["a", "b", "c"]),
    "an empty paragraph counts": (SIMPLE, [paragraph("", 1), paragraph("b", 1)], ["2. b"]),
    "a paragraph that was struck out does not": (
        SIMPLE,
        [paragraph("a", 1, more="<w:rPr><w:del w:id='1'/></w:rPr>"), paragraph("b", 1)],
        ["a", "1. b"],
    ),
    "a level before those above it": (SIMPLE, [paragraph("a", 1, 1)], ["1.1 a"]),
    "bullets": ([abstract(level(0, "o", "bullet")), NUM.format(1, 90, "")], [paragraph("a", 1)], ["a"]),
    "words": (
        [abstract(level(0, "Article %1", "upperRoman", 4)), NUM.format(1, 90, "")],
        [paragraph("a", 1), paragraph("b", 1)],
        ["Article IV a", "Article V b"],
    ),
    "a word alone": ([abstract(level(0, "Note:", "none")), NUM.format(1, 90, "")], [paragraph("a", 1)], ["Note: a"]),
    "digits by law": (
        [
            abstract(level(0, "%1", "upperRoman"), level(1, "%1.%2", more="<w:isLgl/>")),
            NUM.format(1, 90, ""),
        ],
        [paragraph("a", 1), paragraph("b", 1, 1)],
        ["I a", "1.1 b"],
    ),
    "a level that never starts anew": (
        [abstract(level(0, "%1"), level(1, "%2)", more="<w:lvlRestart w:val='0'/>")), NUM.format(1, 90, "")],
        [paragraph(text, 1, place) for text, place in zip("abcd", (0, 1, 0, 1), strict=True)],
        ["1 a", "1) b", "2 c", "2) d"],
    ),
    "a level that starts anew after the first alone": (
        [
            abstract(level(0, "%1"), level(1, "%2"), level(2, "%3)", more="<w:lvlRestart w:val='1'/>")),
            NUM.format(1, 90, ""),
        ],
        [paragraph(text, 1, place) for text, place in zip("abcdef", (0, 1, 2, 1, 2, 0), strict=True)]
        + [paragraph("g", 1, 2)],
        ["1 a", "1 b", "1) c", "2 d", "2) e", "2 f", "1) g"],
    ),
    "a level of the instance's own": (
        [OUTLINE, NUM.format(1, 90, f"<w:lvlOverride w:ilvl='0'>{level(0, '%1)', 'upperLetter', 3)}</w:lvlOverride>")],
        [paragraph("a", 1)],
        ["C) a"],
    ),
    "a list by its style": (
        [
            abstract(number=91, more="<w:numStyleLink w:val='Ours'/>"),
            abstract(level(0, "§%1"), more="<w:styleLink w:val='Ours'/>"),
            NUM.format(1, 91, ""),
        ],
        [paragraph("a", 1)],
        ["§1 a"],
    ),
    "in a table": (
        SIMPLE,
        [f"<w:tbl><w:tr><w:tc>{paragraph('a', 1)}</w:tc><w:tc>{paragraph('b', 1)}</w:tc></w:tr></w:tbl>"],
        ["1. a | 2. b"],
    ),
    "no numbers at all": ([abstract(level(0, "%1.", start=0)), NUM.format(1, 5, "")], [paragraph("a", 1)], ["a"]),
    "a start beyond all": (
        [abstract(level(0, "%1.", "lowerLetter", 99999999999)), NUM.format(1, 90, "")],
        [paragraph("a", 1)],
        ["0. a"],
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_word_lists(name: str) -> None:
    definitions, blocks, wanted = LISTS[name]
    assert lines(definitions, *blocks) == wanted


def test_word_headings_are_numbered_by_their_styles() -> None:
    outline = abstract(
        level(0, "%1", more="<w:pStyle w:val='Heading1'/>"), level(1, "%1.%2", more="<w:pStyle w:val='Heading2'/>")
    )
    number = "<w:numId w:val='1'/>"
    blocks = [
        paragraph("Scope", style="Heading1"),
        paragraph("Terms", style="Heading2"),
        paragraph("A term is a word."),
        paragraph("Uses", style="Heading2"),
        paragraph("A use."),
        paragraph("Preface", 0, style="Heading1"),
        paragraph("Before all."),
        paragraph("Duties", style="Heading1"),
        paragraph("Of all."),
    ]
    made = word([outline, NUM.format(1, 90, "")], blocks, {"Heading 1": number, "Heading 2": number})
    assert texts(made, ".docx") == [
        ("1 Scope > 1.1 Terms", "A term is a word."),
        ("1 Scope > 1.2 Uses", "A use."),
        ("Preface", "Before all."),
        ("2 Duties", "Of all."),
    ]
