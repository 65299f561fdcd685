"""What sprig's functions of numbers give: conversions as spf13/cast 1.9 makes them, and arithmetic with them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from dac.run.argo.expression.lexer import ExpressionError


def to_int(value: Any) -> int:
    """Convert as `cast.ToInt64`: what cannot be a number is 0."""
    try:
        number = _of_text(value) if isinstance(value, str) else int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
    return number if -(2**63) <= number < 2**63 else 0


def _of_text(text: str) -> int:
    """Read digits, those after a point left out; 0x, 0o, 0b and a leading 0 say the base."""
    if (match := re.fullmatch(r"([-+]?)([0-9]*)\.[0-9]*", text)) is not None:
        text = match[1] + (match[2] or "0")
    if (match := re.fullmatch(r"([-+]?)0+([0-7]+)", text)) is not None:
        return int(match[1] + match[2], 8)
    return int(text, 0) if _bare(text) else 0


def _bare(value: Any) -> bool:
    """Whether a text has nothing in it that Python reads as a number and Go does not."""
    return not isinstance(value, str) or (value.isascii() and value.strip() == value)


def to_float(value: Any) -> float:
    """Convert as `cast.ToFloat64`: what cannot be a number is 0."""
    try:
        return float(value) if _bare(value) else 0.0
    except (TypeError, ValueError):
        return 0.0


def divided(a: Any, b: Any) -> int:
    """`div`: whole numbers, without the rest."""
    if not to_int(b):
        raise ExpressionError("integer divide by zero")
    return int(abs(to_int(a)) // abs(to_int(b))) * (1 if (to_int(a) < 0) == (to_int(b) < 0) else -1)


def steps(start: int, stop: int, step: int) -> list[int]:
    """`untilStep`: numbers from one to before another; none where the step does not lead there."""
    return list(range(start, stop, step)) if step else []


def rounded(value: Any, decimals: int, half: float = 0.5) -> float:
    """`round`: up from `half` on, and of a negative number to the lower one, since its fraction is negative."""
    power = math.pow(10, decimals)
    digit = power * to_float(value)
    fraction = math.fmod(digit, 1)
    return (math.ceil(digit) if fraction >= half else math.floor(digit)) / power


def sequence(*given: int) -> str:
    """`seq`: numbers as the program of that name prints them, in one line."""
    if len(given) not in (1, 2, 3):
        return ""
    start, end = (1 if len(given) == 1 else given[0]), given[-1]
    down = end < start
    if len(given) == 3 and down and given[1] > 0:
        return ""
    past = end + (-1 if down else 1)
    step = given[1] if len(given) == 3 else -1 if down else 1
    usable = step < 0 if past < start else step > 0
    return " ".join(map(str, range(start, past, step))) if usable else ""


def decimal(work: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., float]:
    """Return what folds its arguments as decimals, each by its shortest text (shopspring/decimal)."""

    def run(first: Any, *others: Any) -> float:
        with localcontext() as context:
            context.prec = 400
            total = Decimal(repr(to_float(first)))
            for other in others:
                total = work(total, Decimal(repr(to_float(other))))
            return float(total) + 0.0  # which has no -0

    return run


def quotient(a: Decimal, b: Decimal) -> Decimal:
    """`Decimal.Div`: to sixteen places, the last one rounded half away from zero."""
    if not b:
        raise ExpressionError("decimal division by 0")
    return (a / b).quantize(Decimal(1).scaleb(-16), rounding=ROUND_HALF_UP)
