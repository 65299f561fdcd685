"""A number as a spreadsheet shows it, by its cell's format: 0.25 in `0%` is 25%, 45413 in `d-mmm-yy` is 2024-05-01.

Digits are those that the format shows, as a person sees the sheet; only what hides a value is passed over: a narrow
column, and a format that shows nothing (`;;;`). Dates and times are written as in ISO 8601, with the parts that the
format shows: what `03/04/24` means depends on who reads it, and each program shows `m/d/yy` in its own way.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

from index.readers.digits import Part, Section, fifteen, number
from index.readers.moments import moment, units

# Formats that a file names by number alone; those from 27 on are dates and times of East Asian programs.
_DATES = dict.fromkeys((14, 15, 16, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), "yyyy-mm-dd")
_TIMES = dict.fromkeys((19, 21, 32, 33, 34, 35, 55, 56), "h:mm:ss") | {17: "mmm-yy", 18: "h:mm", 20: "h:mm"}
BUILT_IN = {1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?"}
BUILT_IN |= {5: '"$"#,##0;("$"#,##0)', 7: '"$"#,##0.00;("$"#,##0.00)', 37: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)"}
BUILT_IN |= {6: BUILT_IN[5], 8: BUILT_IN[7], 38: BUILT_IN[37], 40: BUILT_IN[39], 41: BUILT_IN[37], 42: BUILT_IN[5]}
BUILT_IN |= {43: BUILT_IN[39], 44: BUILT_IN[7], 13: "# ??/??", 22: "yyyy-mm-dd h:mm", 45: "mm:ss", 46: "[h]:mm:ss"}
BUILT_IN |= {47: "mm:ss.0", 48: "##0.0E+0", 49: "@"} | _DATES | _TIMES

_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*"?)|\\(?P<escaped>.)|(?P<space>[_*].)|\[(?P<bracket>[^\]]*)\]|(?P<general>General)
       |(?P<half>AM/PM|A/P)|(?P<exponent>E[+-])|(?P<date>[yge]+|m+|d+|h+|s+|b+)|(?P<digit>[0#?])|(?P<mark>[.,%/;@])
       |(?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_CONDITION = re.compile(r"(<=|>=|<>|=|<|>)\s*(-?(?:\d+\.?\d*|\.\d+))")
_COMMON = re.compile(r"(0|#,##0)(?:\.(0{1,30}))?(%?)")
_WHOLE = re.compile(r"-?\d+")
_EXACT = 2**53  # whole numbers below it are as they were written
_LONGEST = 255  # characters of a format, as programs allow them
_WIDE = Context(prec=200)
_MOST = Decimal(10) ** 60  # larger than any format is meant for


@lru_cache(1 << 14)  # a sheet repeats its dates, shares and counts
def shown(text: str, code: str, since_1904: bool = False) -> str:
    """Return a number as its cell shows it.

    Args:
        text: the number as the file has it.
        code: the format, in the notation of Excel.
        since_1904: whether days are counted from 1904.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or abs(value) > _MOST or code.lower() in ("", "general", "@"):
        return general(text)
    if match := _COMMON.fullmatch(code):
        return _common(value, match[1] == "#,##0", len(match[2] or ""), bool(match[3]))
    section, value = _chosen(_sections(code[:_LONGEST]), value)
    if section.has("general") or section.has("mark", "@"):
        return _around(section, general(text))
    if section.units:
        return moment(section, float(text), since_1904) or general(text)
    try:
        return number(section, value) or general(text)
    except ArithmeticError:  # a format of a hundred digits or percent signs
        return general(text)


def _common(value: Decimal, grouped: bool, decimals: int, percent: bool) -> str:
    """Return what the formats that most cells have show, ten times as fast as part by part."""
    value = fifteen(value) * (100 if percent else 1)
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)
    return f"{rounded or abs(rounded):{',' if grouped else ''}f}{'%' if percent else ''}"


def worded(text: str, code: str) -> str:
    """Return a text as its cell shows it: a format may put words around it."""
    sections = _sections(code[:_LONGEST])
    section = sections[3] if len(sections) > 3 else sections[0]
    return (_around(section, text) or text) if section.has("mark", "@") else text


def general(text: str) -> str:
    """Return a number without a format: whole numbers with all their digits, others with fifteen."""
    if _WHOLE.fullmatch(text):
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    if not math.isfinite(value):
        return text
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT else f"{value:.15g}".upper()


@lru_cache(1024)
def _sections(code: str) -> tuple[Section, ...]:
    sections: list[Section] = []
    parts: list[Part] = []
    condition = None
    for match in [*_TOKEN.finditer(code), None]:
        kind, text = (str(match.lastgroup), match[match.lastgroup]) if match else ("mark", ";")
        if kind == "mark" and text == ";":
            sections.append(Section(tuple(parts), condition, units(parts)))
            parts, condition = [], None
        elif kind == "bracket":
            if compared := _CONDITION.fullmatch(text):
                condition = (compared[1], Decimal(compared[2]))
            elif text.lower().strip("hms") == "" and text:
                parts.append(Part("elapsed", text[0].lower()))
            elif text.startswith("$"):
                parts.append(Part("literal", text[1:].partition("-")[0]))
        elif kind in ("quoted", "escaped", "other"):
            parts.append(Part("literal", text.strip('"') if kind == "quoted" else text))
        elif kind == "space":
            parts.append(Part("literal", " " if text[0] == "_" else ""))  # room for a sign, or what fills the column
        else:
            parts.append(Part(kind, text.lower() if kind == "date" else text))
    return tuple(sections)


def _chosen(sections: tuple[Section, ...], value: Decimal) -> tuple[Section, Decimal]:
    """Return the section that shows a value, with the value as that one takes it: a negative one without its sign."""
    compare = {"<": value.__lt__, "<=": value.__le__, ">": value.__gt__, ">=": value.__ge__, "=": value.__eq__}
    compare["<>"] = value.__ne__
    if any(section.condition for section in sections):
        for section in sections[:3]:
            if section.condition is None or compare[section.condition[0]](section.condition[1]):
                return section, value
        return sections[0], value
    if value < 0 and len(sections) > 1:
        section = sections[1]
        unmarked = not any(part.kind == "literal" and part.text.strip() for part in section.parts)
        return section, value if unmarked else -value  # red alone is not to be seen in a text: the sign stays
    return sections[2] if value == 0 and len(sections) > 2 else sections[0], value


def _around(section: Section, text: str) -> str:
    pieces = (part.text if part.kind == "literal" else text for part in section.parts if part.kind != "date")
    return "".join(pieces).strip()
