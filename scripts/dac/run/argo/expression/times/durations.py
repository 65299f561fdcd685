"""What the values of package time have in common, and durations.

Source: package time of Go 1.25.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dac.run.argo.expression.lexer import ExpressionError

SECOND = 10**9
_UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")


class Value(ABC):
    """A value of package time: text, JSON and methods of its own."""

    type: str

    @property
    @abstractmethod
    def json(self) -> Any:
        """What it is in JSON."""

    @abstractmethod
    def methods(self) -> dict[str, Callable[..., Any]]:
        """Return what an expression may call on it."""

    def method(self, name: object) -> Callable[..., Any]:
        """Return a method by name.

        Raises:
            ExpressionError: It has none of that name.
        """
        if name not in (methods := self.methods()):
            raise ExpressionError(f"type {self.type} has no method {name}")
        return methods[str(name)]


@dataclass(frozen=True, order=True)
class Duration(Value):
    """A time.Duration of so many nanoseconds."""

    nanoseconds: int
    type = "time.Duration"

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Parse as `time.ParseDuration`.

        Raises:
            ExpressionError: It is not a duration.
        """
        body = text[1:] if text[:1] in ("+", "-") else text
        if body != "0" and not re.fullmatch(f"(?:{_PART.pattern})+", body):
            raise ExpressionError(f'time: invalid duration "{text}"')
        size = sum(int(Fraction(number.rstrip(".")) * _UNITS[unit]) for number, unit in _PART.findall(body))
        if size >= 2**63:
            raise ExpressionError(f'time: invalid duration "{text}"')
        return cls(-size if text.startswith("-") else size)

    @property
    def json(self) -> int:
        """Nanoseconds."""
        return self.nanoseconds

    def __str__(self) -> str:
        """Format as `Duration.String`: 1h0m0s, 1.5ms."""
        size, sign = abs(self.nanoseconds), "-" if self.nanoseconds < 0 else ""
        if size < SECOND:
            unit, name = next(
                ((u, n) for n, u in (("ns", 1), ("µs", 10**3), ("ms", 10**6)) if size < u * 1000), (1, "ns")
            )
            return f"{sign}{_decimal(size, unit)}{name}" if size else "0s"
        minutes, rest = divmod(size, 60 * SECOND)
        hours, minutes = divmod(minutes, 60)
        parts = [f"{hours}h"] * bool(hours) + [f"{minutes}m"] * bool(hours or minutes)
        return sign + "".join(parts) + f"{_decimal(rest, SECOND)}s"

    def truncated(self, step: Duration) -> Duration:
        """Round towards zero to a multiple."""
        unit = step.nanoseconds
        return self if unit <= 0 else Duration(self.nanoseconds - _remainder(self.nanoseconds, unit))

    def rounded(self, step: Duration) -> Duration:
        """Round to the nearest multiple, half away from zero."""
        unit = step.nanoseconds
        if unit <= 0:
            return self
        sign = -1 if self.nanoseconds < 0 else 1
        return Duration(sign * ((abs(self.nanoseconds) * 2 + unit) // (2 * unit)) * unit)

    def methods(self) -> dict[str, Callable[..., Any]]:
        """As there."""
        size = self.nanoseconds
        return {
            "Hours": lambda: size / (3600 * SECOND),
            "Minutes": lambda: size / (60 * SECOND),
            "Seconds": lambda: size / SECOND,
            "Milliseconds": lambda: _quotient(size, 10**6),
            "Microseconds": lambda: _quotient(size, 10**3),
            "Nanoseconds": lambda: size,
            "Abs": lambda: Duration(abs(size)),
            "Round": self.rounded,
            "Truncate": self.truncated,
            "String": lambda: str(self),
        }


def _decimal(size: int, unit: int) -> str:
    whole, rest = divmod(size, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0") if rest else str(whole)


def _quotient(size: int, unit: int) -> int:
    return (abs(size) // unit) * (-1 if size < 0 else 1)


def _remainder(size: int, unit: int) -> int:
    return (abs(size) % unit) * (-1 if size < 0 else 1)
