"""Evaluates the expressions of an `estimate` at both ends of what they read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dac.estimate.actual import Actual
from dac.model.bounds import UNKNOWN, Bounds

Evaluate = Callable[[str, Mapping[str, Any]], Any]
MARGIN = 0.2  # of a run beside another that had as much to do
_WORK = re.compile(r"\bwork\.(\w+)")


@dataclass(frozen=True)
class Formula:
    """What expressions read.

    Attributes:
        evaluate: CEL; raises ValueError where an expression fails.
        variables: `decisions`, `size` and the standard's `limits`.
        figures: the standard's, by name.
        work: what a run has to do, by name.
        past: earlier runs with the same arguments, the newest first.
    """

    evaluate: Evaluate
    variables: Mapping[str, Any]
    figures: Mapping[str, Bounds]
    work: Mapping[str, Bounds]
    past: Sequence[Actual] = ()

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

    def corrected(self, expression: str, measured: Mapping[int, float]) -> tuple[Bounds, str]:
        """Return an expression's value, corrected by what earlier runs took beside what it gives for their work.

        Args:
            expression: as in `bounds`.
            measured: what it was, by the index of the run in `past`; runs whose work is not known correct nothing.

        Returns:
            as `bounds`, and the same where no earlier run corrects it.
        """
        try:
            factors = [
                amount / expected
                for index, amount in measured.items()
                if (expected := self._middle(expression, self.past[index].work))
            ]
            if not factors:
                return self.bounds(expression)
            least = self._middle(expression, {name: bounds.least for name, bounds in self.work.items()}) or 0.0
            bounded = all(self._has_most(name) for name in _WORK.findall(expression))
            most = self._middle(expression, {n: b.most for n, b in self.work.items() if b.most is not None})
        except ValueError:
            return self.bounds(expression)
        if not bounded or most is None:
            return Bounds(least * min(factors) * (1 - MARGIN)), self.bounds(expression)[1]
        return Bounds(least * min(factors) * (1 - MARGIN), most * max(factors) * (1 + MARGIN)), ""

    def _middle(self, expression: str, work: Mapping[str, float]) -> float | None:
        """Return the value with figures in the middle of their bounds; None where the work is not known."""
        if any(name not in work for name in _WORK.findall(expression)):
            return None
        figures = {name: (b.least + (b.most or b.least)) / 2 for name, b in self.figures.items()}
        return self._number(expression, {**self.variables, "figures": figures, "work": work})

    def _has_most(self, name: str) -> bool:
        return name in self.work and self.work[name].has_most

    def _value(self, expression: str, work: Mapping[str, float | None], side: str) -> float:
        figures = {name: float(getattr(bounds, side)) for name, bounds in self.figures.items()}
        return self._number(expression, {**self.variables, "figures": figures, "work": work})

    def _number(self, expression: str, variables: Mapping[str, Any]) -> float:
        value = self.evaluate(expression, variables)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise ValueError(f"invalid amount: {value!r}")
        return float(value)
