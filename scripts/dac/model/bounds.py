"""An amount that is known to lie within two bounds; where nobody knows the upper one, it has none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """At least so much, and at most so much.

    An upper bound that is not known is None and stays None in every sum: an unknown amount never counts as nothing.

    Attributes:
        least: never negative.
        most: None where it is not known.
    """

    least: float = 0.0
    most: float | None = None

    @property
    def has_most(self) -> bool:
        """Whether it has an upper bound."""
        return self.most is not None

    def __add__(self, other: Bounds) -> Bounds:
        most = None if self.most is None or other.most is None else self.most + other.most
        return Bounds(self.least + other.least, most)

    def __mul__(self, other: Bounds) -> Bounds:
        """Return the product: nothing times an unknown amount is nothing, since what does not run takes nothing."""
        if 0.0 in (self.most, other.most):
            return NOTHING
        most = None if self.most is None or other.most is None else self.most * other.most
        return Bounds(self.least * other.least, most)

    def times(self, factor: float) -> Bounds:
        """Return it as many times."""
        return self * Bounds(factor, factor)

    def within(self, cap: float | None) -> Bounds:
        """Return it with an upper bound of at most `cap`; as it is where there is no cap."""
        if cap is None:
            return self
        most = cap if self.most is None else min(self.most, cap)
        return Bounds(min(self.least, most), most)


NOTHING = Bounds(0.0, 0.0)
UNKNOWN = Bounds()


def total(parts: list[Bounds]) -> Bounds:
    """Return the sum."""
    whole = NOTHING
    for part in parts:
        whole += part
    return whole
