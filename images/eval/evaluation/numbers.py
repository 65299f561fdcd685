"""Numbers in a text: signs, thousands, decimals, fractions, mixed numbers and powers, as people and LaTeX write them.

`1,234.5` is one number and `10-12` are two; `3/4`, `1 1/2`, a vulgar fraction sign, `\\frac{3}{4}`, `2^10`, `10**3`,
`1.5 x 10^3` and superscript digits are numbers. `1/2/2026` and `9^9^9` are not read as one, and what has no finite
value, such as `1/0`, is none.
"""

import math
import re
import unicodedata

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
)
_DECIMAL = r"(?:(?:\d{1,3}(?:[,\u00a0\u2009\u202f']\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
NUMBER = re.compile(
    rf"(?<![A-Za-z0-9_.])(?P<sign>[-+]?)(?:"
    rf"(?P<whole>\d{{1,3}})\s+(?P<top>\d{{1,4}})/(?P<bottom>\d{{1,4}})(?![\d/])"
    rf"|(?<!\d/)(?P<over>{_DECIMAL})\s?/\s?(?P<under>{_DECIMAL})(?!\d|\s?/\s?\d)"
    rf"|(?P<mantissa>{_DECIMAL})\s?[*\u00d7x\u00b7]\s?10(?:\^|\*\*)(?P<exponent>[-+]?\d{{1,4}})(?![\^*\d])"
    rf"|(?<![\^*])(?P<base>{_DECIMAL})(?:\^|\*\*)(?P<power>[-+]?\d{{1,5}})(?![\^*\d])"
    rf"|(?P<decimal>{_DECIMAL}))"
)
_BOXED = re.compile(r"\\boxed\s*\{([^{}]*)\}|####\s*([^\n]*)")


def spaced_fractions(text: str) -> str:
    """Return a text with a blank in front of a fraction's sign behind a digit: NFKC would join them to one number."""
    return re.sub(r"(?<=\d)(?=[\u00bc-\u00be\u2150-\u215e\u2189])", " ", text)


def as_typed(text: str) -> str:
    """Return a text with its numbers as a keyboard writes them."""
    text = _RAISED.sub(lambda raised: "^" + raised.group().translate(_SUPERSCRIPTS), text)
    text = _VULGAR.sub(lambda sign: " " + unicodedata.normalize("NFKC", sign.group()), text)
    text = text.replace("\u2044", "/").replace("\u2212", "-")
    for pattern, written in _LATEX:
        text = pattern.sub(written, text)
    return text


def _digits(text: str) -> float:
    return float(re.sub("[,\u00a0\u2009\u202f']", "", text))


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
        return _digits(match["over"]) / _digits(match["under"])
    if match["mantissa"]:
        return float(f"{_digits(match['mantissa'])}e{match['exponent']}")
    if match["base"]:
        return _digits(match["base"]) ** int(match["power"])
    return _digits(match["decimal"])


def numbers(text: str) -> list[float]:
    """Return the finite numbers in a text, in order."""
    return [number for match in NUMBER.finditer(as_typed(text)) if math.isfinite(number := value(match))]


def given(text: str) -> float | None:
    """Return the number that an answer gives: the last in its last box (or behind its last ####), or its last one."""
    boxes = [box for match in _BOXED.finditer(as_typed(text)) if (box := numbers(match[1] or match[2] or ""))]
    every = boxes[-1] if boxes else numbers(text)
    return every[-1] if every else None


def equal(first: float, second: float) -> bool:
    """Return whether two numbers are equal to a millionth."""
    return math.isclose(first, second, rel_tol=1e-6, abs_tol=1e-12)


def by_value(text: str) -> str:
    """Return a text with each of its numbers written in one way."""

    def written(match: re.Match[str]) -> str:
        number = value(match)
        return f"{number:.12g}" if math.isfinite(number) else match.group()

    return NUMBER.sub(written, as_typed(text))
