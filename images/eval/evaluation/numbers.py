"""Numbers in a text: signs, thousands, decimals, fractions, mixed numbers and powers, as people and LaTeX write them.

`1,234.5`, `1.234,5`, `12,34,567`, `1 000` and `1_000` are one number each, `3,14` is a decimal, and `10-12` are two;
`3/4`, `1 1/2`, a vulgar fraction sign, `\\frac{3}{4}`, `2^10`, `10**3`, `1.5 x 10^3`, superscript digits and
`2 million` are numbers. `1/2/2026` and `9^9^9` are not read as one; `1.2.3` and `12:30` are none, nor is what has no
finite value, such as `1/0`.
"""

import math
import re
import unicodedata
from collections.abc import Iterator

READS = "value|v2"  # which numbers a text has; part of a signature, since scores change with it
_SUPERSCRIPTS = str.maketrans(
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b", "0123456789+-"
)
_RAISED = re.compile(r"(?<=\d)[\u2070\u00b9\u00b2\u00b3\u2074-\u207b]+")
_VULGAR = re.compile(r"[\u00bc-\u00be\u2150-\u215e\u2189]")
_LATEX = (
    (re.compile(r"([-+]?)\\[dtc]?frac\s*\{\s*([-+]?[\d.,]+)\s*\}\s*\{\s*([\d.,]+)\s*\}"), r" \1\2/\3 "),
    (re.compile(r"([-+]?)\\[dtc]?frac\s*(\d)\s*(\d)"), r" \1\2/\3 "),
    (re.compile(r"(?<=\d)(?:\{,\}|\\[,!])(?=\d)"), ","),
    (re.compile(r"\\(?:times|cdot)(?![a-zA-Z])"), "*"),
    (re.compile(r"(\^|\*\*)\s*[{(]\s*([-+]?\d+)\s*[})]"), r"\1\2"),
    (re.compile(r"(?<![\d)])([-+])\s?(\\?[$\u20ac\u00a3\u00a5])\s?(?=[\d.])"), r"\2\1"),
)
_THIN = "\u00a0\u2009\u202f'\u2019"  # blanks and apostrophes that group digits
_RUN = re.compile(rf"(?<![\w.,])\d+(?:[.,_{_THIN}]\d+| \d{{3}}(?![\d/]))*")
_POINT = tuple(  # how a run is one number whose decimals stand behind a point
    re.compile(rf"(?:{whole})(?:\.\d+)?")
    for whole in (rf"(?!0)\d{{1,3}}(?:([,_ {_THIN}])\d{{3}})(?:\1\d{{3}})*", r"\d{1,2}(?:,\d{2})+,\d{3}")
)
_POINTS = re.compile(r"\d{1,3}(?:\.\d{3}){2,}")
_COMMA = re.compile(rf"\d{{1,3}}(?:([. {_THIN}])\d{{3}})(?:\1\d{{3}})*,\d+|0,\d+|\d+,(?!\d{{3}}$)\d+")
_DECIMAL = r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
# In front of a number stands no word, version or time, and nothing that it is a unit's power of: m^2.
_FREE = r"(?<![A-Za-z0-9_.])(?<!\d:)(?<![A-Za-z}\u00b0]\^)(?<![A-Za-z}\u00b0]\*\*)(?<![A-Za-z}\u00b0]\^[-+])"
NUMBER = re.compile(
    rf"{_FREE}(?P<sign>[-+]?)(?:"
    rf"(?P<whole>\d{{1,3}})\s+(?P<top>\d{{1,4}})/(?P<bottom>\d{{1,4}})(?![\d/])"
    rf"|(?<!\d/)(?P<over>{_DECIMAL})\s?/\s?(?P<under>{_DECIMAL})(?!\d|\s?/\s?\d)"
    rf"|(?P<mantissa>{_DECIMAL})\s?[*\u00d7x\u00b7]\s?10(?:\^|\*\*)(?P<exponent>[-+]?\d{{1,4}})(?![\^*\d])"
    rf"|(?<![\^*])(?P<base>{_DECIMAL})(?:\^|\*\*)(?P<power>[-+]?\d{{1,5}})(?![\^*\d])"
    rf"|(?P<scaled>{_DECIMAL})\s(?P<scale>{'|'.join(_SCALES)})(?![A-Za-z])"
    rf"|(?P<decimal>{_DECIMAL})(?!\d|\.\d|:\d))"
)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}|####\s*([^\n]*)")
# "the answer is", "Answer: x =": the number that follows is the answer, unless a calculation goes on behind it.
_CUE = re.compile(
    r"\b(?:answer|ans)\b(?:[\s*_:=$\u20ac\u00a3\u00a5#(\\`\"'.]|\b(?:is|was|be|would|should|must|about|approximately|roughly"
    r"|exactly|therefore|thus|then|hence|simply|clearly|the|[a-z])\b)*",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"\s*(?:[-+*/=\u00d7\u00f7]|(?:to|or|and)\s)\s*[$(]?[-+]?\d")
_DENIED = re.compile(
    r"(?:\b(?:not|nor|neither|never|rather than|instead of|unlike)|n't)\s+"
    r"(?:(?:the|an?|is|be|equal|to|just)\s+)*[$*]*$",
    re.IGNORECASE,
)
# What the answer is compared with, a part of a name (GPT-4) or of a date.
_ASIDE = re.compile(r"\bthan\s+(?:the\s+)?[$*]*$|[A-Za-z]-?$|\d{4}-(?:\d\d-)?$", re.IGNORECASE)
_MARKER = re.compile(r"[.)][^\S\n]+\S")  # behind a number that begins a line
_DATE = re.compile(r"-\d\d-\d\d(?!\d)")
_TOLERANCE = re.compile(r"(?<=\d)\s*(?:\u00b1|\+/-|\\pm)\s*[\d.]+")
_SIGN_IN_WORDS = re.compile(r"(?<!\d )\b(?:minus|negative)\s+(?=[\d.])", re.IGNORECASE)
_REACH = 40  # characters in front of a number in which a word may deny it


def spaced_fractions(text: str) -> str:
    """Return a text with a blank in front of a fraction's sign behind a digit: NFKC would join them to one number."""
    return re.sub(r"(?<=\d)(?=[\u00bc-\u00be\u2150-\u215e\u2189])", " ", text)


def as_typed(text: str) -> str:
    """Return a text with its numbers as a keyboard writes them, without thousands' signs, decimals behind a point."""
    text = _RAISED.sub(lambda raised: "^" + raised.group().translate(_SUPERSCRIPTS), text)
    text = _VULGAR.sub(lambda sign: " " + unicodedata.normalize("NFKC", sign.group()), text)
    text = text.replace("\u2044", "/").replace("\u2212", "-").replace("\uff0c", ",").replace("\uff0e", ".")
    for pattern, written in _LATEX:
        text = pattern.sub(written, text)
    return _RUN.sub(_ungrouped, text)


def _ungrouped(run: re.Match[str]) -> str:
    """Return a run of digits without thousands' signs; as it is where it is a list or a version."""
    text = run.group()
    before, behind = run.string[run.start() - 1 : run.start()], run.string[run.end() : run.end() + 1]
    if any(form.fullmatch(text) for form in _POINT):
        return re.sub(rf"[,_ {_THIN}]", "", text)
    if _POINTS.fullmatch(text):
        return text.replace(".", "")
    listed = bool(before) and before in "([{" and bool(behind) and behind in ")]}"
    if _COMMA.fullmatch(text) and not listed:
        whole, _, decimals = text.rpartition(",")
        return re.sub(rf"[. {_THIN}]", "", whole) + "." + decimals
    return text


def value(match: re.Match[str]) -> float:
    """Return the number of a match of NUMBER; not a number where it has no finite value."""
    try:
        size = _size(match)
    except (ZeroDivisionError, OverflowError):
        return math.nan
    return -size if match["sign"] == "-" else size


def _size(match: re.Match[str]) -> float:
    if match["whole"]:
        return float(match["whole"]) + float(match["top"]) / float(match["bottom"])
    if match["over"]:
        return float(match["over"]) / float(match["under"])
    if match["mantissa"]:
        return float(f"{match['mantissa']}e{match['exponent']}")
    if match["base"]:
        return float(match["base"]) ** int(match["power"])
    if match["scaled"]:
        return float(match["scaled"]) * _SCALES[match["scale"]]
    return float(match["decimal"])


def _finite(text: str) -> Iterator[tuple[re.Match[str], float]]:
    """Yield the numbers of a text that `as_typed` gave, with where they stand."""
    for match in NUMBER.finditer(text):
        if math.isfinite(number := value(match)):
            yield match, number


def numbers(text: str) -> list[float]:
    """Return the finite numbers in a text, in order."""
    return [number for _, number in _finite(as_typed(text))]


def given(text: str) -> float | None:
    """Return the number that an answer gives.

    That is, in this order: the last in its last box (or behind its last ####); the one behind its last cue ("the answer
    is 42"); its last. One that is denied ("10, not 12") is never it, and one that is mentioned by the way (a citation's
    [3], a list's 2., what the answer is compared with, a name's as in GPT-4, a date's) only where there is no other.
    """
    typed = _SIGN_IN_WORDS.sub("-", _TOLERANCE.sub("", as_typed(text)))
    boxes = [box for match in _BOXED.finditer(typed) if (box := [n for _, n in _finite(match[1] or match[2] or "")])]
    if boxes:
        return boxes[-1][-1]
    cued = [match for cue in _CUE.finditer(typed) if (match := NUMBER.match(typed, cue.end()))]
    cued = [match for match in cued if not _GOES_ON.match(typed, match.end()) and math.isfinite(value(match))]
    if cued:
        return value(cued[-1])
    weak: float | None = None
    strong: float | None = None
    for match, number in _finite(typed):
        before = typed[max(0, match.start() - _REACH) : match.start()]
        if _DENIED.search(before):
            continue
        weak, strong = (number, strong) if _by_the_way(typed, match, before) else (weak, number)
    return weak if strong is None else strong


def _by_the_way(text: str, match: re.Match[str], before: str) -> bool:
    """Return whether a number is a citation's, a list's, a name's, a date's, or what the answer is compared with."""
    if _ASIDE.search(before) or _DATE.match(text, match.end()):
        return True
    if before.endswith("[") and text.startswith("]", match.end()):
        return bool(before[:-1].strip())
    begins = not before.strip() or "\n" in before[len(before.rstrip()) :]
    return begins and _MARKER.match(text, match.end()) is not None


def equal(first: float, second: float) -> bool:
    """Return whether two numbers are equal to a millionth."""
    return math.isclose(first, second, rel_tol=1e-6, abs_tol=1e-12)


def by_value(text: str) -> str:
    """Return a text with each of its numbers written in one way."""

    def written(match: re.Match[str]) -> str:
        number = value(match)
        return f"{number:.12g}" if math.isfinite(number) else match.group()

    return NUMBER.sub(written, as_typed(text))
