"""Evaluates the expressions of an `estimate` at both ends of what they read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dac.model.bounds import UNKNOWN, Bounds

Evaluate = Callable[[str, Mapping[str, Any]], Any]
_WORK = re.compile(r"\bwork\.(\w+)")


@dataclass(frozen=True)
class Formula:
    """What expressions read.

    Attributes:
        evaluate: CEL; raises ValueError where an expression fails.
        variables: `decisions` and `size`.
        figures: the standard's, by name.
        work: what a run has to do, by name.
    """

    evaluate: Evaluate
    variables: Mapping[str, Any]
    figures: Mapping[str, Bounds]
    work: Mapping[str, Bounds]

    def bounds(self, expression: str) -> tuple[Bounds, str]:
        """Return an expression's value with the least and with the most of all that it reads.

        Expressions grow with each figure and with each amount of work.

        Returns:
            the bounds, and why the upper one is not known; empty where it is.
        """
        try:
            least = self._value(expression, {name: bounds.least for name, bounds in self.work.items()}, "least")
            if missing := sorted(name for name in _WORK.findall(expression) if not self._has_most(name)):
                return Bounds(least), f"no run has said how many {missing[0].replace('_', ' ')} there are"
            most = self._value(expression, {name: bounds.most for name, bounds in self.work.items()}, "most")
        except ValueError as error:
            return UNKNOWN, f"{expression}: {error}"
        return Bounds(min(least, most), max(least, most)), ""

    def _has_most(self, name: str) -> bool:
        return name in self.work and self.work[name].has_most

    def _value(self, expression: str, work: Mapping[str, float | None], side: str) -> float:
        figures = {name: float(getattr(bounds, side)) for name, bounds in self.figures.items()}
        value = self.evaluate(expression, {**self.variables, "figures": figures, "work": work})
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise ValueError(f"invalid amount: {value!r}")
        return float(value)
