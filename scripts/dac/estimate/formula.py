"""Evaluates the expressions of an `estimate` at both ends of what they read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dac.estimate.actual import Actual
from dac.model.bounds import UNKNOWN, Bounds

Evaluate = Callable[[str, Mapping[str, Any]], Any]
MARGIN = 0.2  # of a run beside another that had as much to do
NEAR = 0.1  # runs whose work differs by less had as much to do
FAR = 1.5  # times as much work may be shared out to more pods
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
            least, most = self._corrected(expression, measured, "least"), self._corrected(expression, measured, "most")
        except ValueError:
            return self.bounds(expression)
        if least is None:
            return self.bounds(expression)
        if most is None:
            return Bounds(least[0] * (1 - MARGIN)), self.bounds(expression)[1]
        return Bounds(min(least[0], most[0]) * (1 - MARGIN), max(least[1], most[1]) * (1 + MARGIN)), ""

    def is_more(self, expression: str, indices: Iterable[int]) -> bool:
        """Whether an expression may give far more than for the work of some earlier runs, as far as is known."""
        try:
            most = self._middle(expression, self._ahead("most"))
            before = [self._middle(expression, self.past[index].work) for index in indices]
        except ValueError:
            return True
        return most is None or most > FAR * max((each for each in before if each is not None), default=0.0)

    def _corrected(self, expression: str, measured: Mapping[int, float], side: str) -> tuple[float, float] | None:
        """Return what earlier runs let expect for the least or the most work; None where none lets."""
        work = self._ahead(side)
        if (expected := self._middle(expression, work)) is None:
            return None
        names = _WORK.findall(expression)
        runs = [
            (middle, amount, [bool(self.past[index].work[name]) for name in names])
            for index, amount in measured.items()
            if (middle := self._middle(expression, self.past[index].work))
        ]
        # A run that finds nothing to do leaves out what others do.
        like = [(x, y) for x, y, busy in runs if busy == [bool(work[name]) for name in names]]
        points = like or [(x, y) for x, y, _ in runs]
        return _expected_of(points, expected) if points else None

    def _ahead(self, side: str) -> dict[str, float]:
        """Return the least or the most work that there may be, as far as it is known."""
        amounts = {name: getattr(bounds, side) for name, bounds in self.work.items()}
        return {name: amount for name, amount in amounts.items() if amount is not None}

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


def _expected_of(points: Sequence[tuple[float, float]], expected: float) -> tuple[float, float]:
    """Return the least and the most that measurements let expect.

    Those of as much work count alone. Otherwise it lies on the line between the runs of less and of more work, whose
    starts and pieces of work both weigh; beyond all of them it grows as the nearest.

    Args:
        points: what the figures gave for an earlier run, and what it took.
        expected: what the figures give now.
    """
    nearest = min((x for x, _ in points), key=lambda x: abs(x - expected))
    below, above = [p for p in points if p[0] < expected], [p for p in points if p[0] > expected]
    if below and above and not _near(nearest, expected):
        (less, low), (more, high) = max(below), min(above)
        value = low + (high - low) * (expected - less) / (more - less)
        return value, value
    alike = [took * expected / x for x, took in points if _near(x, nearest)]
    return min(alike), max(alike)


def _near(amount: float, other: float) -> bool:
    return abs(amount - other) <= NEAR * max(amount, other)
