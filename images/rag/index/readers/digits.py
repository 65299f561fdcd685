"""A number in the digits that a section of a spreadsheet's format shows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

_FIFTEEN = Context(prec=15, rounding=ROUND_HALF_UP)  # digits that spreadsheet programs show


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a format: its kind is a group of number_format's tokens, `literal` or `elapsed`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """What a format says of some values.

    Attributes:
        condition: the comparison and limit of the values; None where it goes by sign.
        units: what its letters of dates and times stand for, in their order; none in a format of numbers.
    """

    parts: tuple[Part, ...]
    condition: tuple[str, Decimal] | None
    units: tuple[str, ...]

    def has(self, kind: str, text: str = "") -> bool:
        """Return whether it has a piece of that kind, and of that text where one is given."""
        return any(part.kind == kind and text in ("", part.text) for part in self.parts)


def number(section: Section, value: Decimal) -> str:
    """Return a number in the digits of a section, with the words around them."""
    parts = list(section.parts)
    digits = [place for place, part in enumerate(parts) if part.kind == "digit"]
    sign = "-" if value < 0 else ""
    if not digits:
        text = "".join(part.text for part in parts if part.kind == "literal" or part.text == "%").strip()
        return f"{sign}{text}" if text else ""
    value = fifteen(abs(value)) * 100 ** sum(1 for part in parts if part.text == "%" and part.kind == "mark")
    last = digits[-1]
    fixed = itertools.takewhile(lambda part: part.text.isdecimal() or part.text == "/", parts[last + 1 :])
    last += sum(1 for _ in fixed)  # a denominator that the format gives
    inner = parts[digits[0] : last + 1]
    if any(part.kind == "mark" and part.text == "/" for part in inner):
        body = _fraction(inner, value)
    elif any(part.kind == "exponent" for part in inner):
        body = _scientific(inner, value)
    else:
        point = next((place for place in range(last + 1) if parts[place] == Part("mark", ".")), last + 1)
        whole, after = parts[min(digits[0], point) : point], parts[point + 1 : last + 1]
        thousands = _commas(parts[last + 1 :]) + (_commas(whole[::-1]) if after else 0)
        body = _in_digits(whole, after, value / 1000**thousands)
        digits[0] = min(digits[0], point)
    if not body.strip("0.,- "):
        sign = ""
    before = "".join(part.text for part in parts[: digits[0]] if part.kind == "literal" or part.text == "%")
    after = "".join(part.text for part in parts[last + 1 :] if part.kind == "literal" or part.text == "%")
    return " ".join(f"{sign}{before.lstrip()}{body}{after}".split())


def _commas(parts: list[Part]) -> int:
    """Return how many commas come first: behind the digits, each stands for a thousand."""
    return next((place for place, part in enumerate(parts) if part != Part("mark", ",")), len(parts))


def fifteen(value: Decimal) -> Decimal:
    """Return a number as programs show it: whole ones are as they were written, of others fifteen digits."""
    return value if value == value.to_integral_value() else _FIFTEEN.plus(value)


def _in_digits(whole: list[Part], after: list[Part], value: Decimal) -> str:
    """Return a number with its digits at the places of a format, and what stands between those."""
    count = sum(1 for part in after if part.kind == "digit")
    rounded = format(value.quantize(Decimal(1).scaleb(-count), ROUND_HALF_UP, Context(prec=200)), "f")
    front, _, back = rounded.partition(".")
    front = "" if front == "0" else front
    grouped = Part("mark", ",") in whole
    digit_count = sum(1 for part in whole if part.kind == "digit")
    made: list[str] = []
    written = 0
    for part in reversed(whole):
        if part.kind == "digit":
            digit_count -= 1
            taken = front if digit_count == 0 else front[-1:]
            for digit in reversed(taken or ("0" if part.text == "0" else "")):
                if grouped and written and written % 3 == 0:
                    made.append(",")
                made.append(digit)
                written += 1
            front = front[: len(front) - len(taken)]
        elif part.kind == "literal":
            made.append(part.text)
    decimals = ""
    for part in after:
        if part.kind == "digit":
            decimals += back[:1] if part.text == "0" or back.strip("0") else ""
            back = back[1:]
        elif part.kind == "literal":
            decimals += part.text
    return "".join(reversed(made)) + (f".{decimals}" if decimals else "")


def _scientific(parts: list[Part], value: Decimal) -> str:
    at = next(place for place, part in enumerate(parts) if part.kind == "exponent")
    before = [part for part in parts[:at] if part.kind == "digit" or part.text == "."]
    point = next((place for place, part in enumerate(before) if part.text == "."), len(before))
    decimals = max(0, len(before) - point - 1)
    step = max(1, point)
    power = value.adjusted() if value else 0
    power -= power % step if step > 1 else 0
    rounded = value.scaleb(-power).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if rounded >= 10**step:
        power += step
        rounded = value.scaleb(-power).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    sign = "-" if power < 0 else "+" if parts[at].text[1] == "+" else ""
    width = sum(1 for part in parts[at:] if part.kind == "digit" and part.text == "0")
    return f"{rounded}E{sign}{abs(power):0{width}}"


def _fraction(parts: list[Part], value: Decimal) -> str:
    at = next(place for place, part in enumerate(parts) if part.text == "/")
    fixed = "".join(part.text for part in parts[at + 1 :])
    below = fixed if fixed.isdecimal() and int(fixed) else ""
    longest = 10 ** max(1, sum(1 for part in parts[at + 1 :] if part.kind == "digit"))
    mixed = any(part.kind == "literal" for part in parts[:at])
    whole = int(value) if mixed else 0
    rest = Fraction(value) - whole
    near = Fraction(round(rest * int(below)), int(below)) if below else rest.limit_denominator(longest - 1)
    if mixed and near >= 1:
        whole, near = whole + 1, near - 1
    if not near:
        return str(whole)
    scale = int(below) // near.denominator if below else 1
    return f"{whole or ''} {near.numerator * scale}/{near.denominator * scale}".strip()
