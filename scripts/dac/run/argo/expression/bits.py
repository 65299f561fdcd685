"""The functions of expr-lang that work on the bits of an int."""

from __future__ import annotations

from collections.abc import Callable

from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.expression.values import int64


def _shift(work: Callable[[int, int], int]) -> Callable[[int, int], int]:
    """Make a shift by less than nothing an error, and one by more than an int64 has the last that it can be."""

    def run(number: int, by: int) -> int:
        if by < 0:
            raise ExpressionError(f"invalid operation: negative shift count {by}")
        return int(int64(work(number, min(by, 64))))

    return run


BITS: dict[str, Callable[..., int]] = {
    "bitand": lambda a, b: a & b,
    "bitor": lambda a, b: a | b,
    "bitxor": lambda a, b: a ^ b,
    "bitnand": lambda a, b: a & ~b,
    "bitnot": lambda a: ~a,
    "bitshl": _shift(lambda a, b: a << b),
    "bitshr": _shift(lambda a, b: a >> b),
    "bitushr": _shift(lambda a, b: a % 2**64 >> b),
}
