"""What a run of a pipeline takes, and all its runs of thirty days: within bounds, with what is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from dac.model.bounds import NOTHING, UNKNOWN, Bounds

_ENTRY = re.compile(r"(?:^|,)([a-z_]+)=([0-9.]+)\.\.([0-9.]*)(?=,|$)")


@dataclass(frozen=True, slots=True)
class Amounts:
    """What is used.

    Attributes:
        seconds: from the start of a run to its end.
        cpu_seconds: CPUs that pods ask for, times how long they run.
        gpu_seconds: likewise of GPUs.
        tokens: read and written by models that are asked for money.
        usd: US dollars, at the catalog's prices.
    """

    seconds: Bounds = NOTHING
    cpu_seconds: Bounds = NOTHING
    gpu_seconds: Bounds = NOTHING
    tokens: Bounds = NOTHING
    usd: Bounds = NOTHING

    def times(self, factor: Bounds) -> Amounts:
        """Return them as many times."""
        return Amounts(*(getattr(self, field.name) * factor for field in fields(self)))

    def plus(self, other: Amounts) -> Amounts:
        """Return both together."""
        return Amounts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def text(self) -> str:
        """Return them as an argument of a run: `seconds=1.5..3,usd=0..0.01`; nothing stands for a bound not known."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return ",".join(
            f"{name}={_without_exponent(bounds.least)}..{_without_exponent(bounds.most)}" for name, bounds in named
        )

    @classmethod
    def of_text(cls, text: str) -> Amounts | None:
        """Return what `text` gave; None for any other text."""
        names = {field.name for field in fields(cls)}
        matches = {match[1]: match for match in _ENTRY.finditer(text)}
        if matches.keys() != names:
            return None
        try:
            bounds = {n: Bounds(float(m[2]), float(m[3]) if m[3] else None) for n, m in matches.items()}
        except ValueError:
            return None
        return cls(**bounds)

    def data(self) -> dict[str, Any]:
        """Return them as JSON has them; an upper bound that is not known is null."""
        return {
            field.name: {"least": _rounded(bounds.least), "most": _rounded(bounds.most)}
            for field in fields(self)
            for bounds in [getattr(self, field.name)]
        }


NO_AMOUNT_KNOWN = Amounts(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a pipeline takes.

    Attributes:
        run: one run.
        starts: how many the schedule gives within any thirty days; one, where it only starts by hand.
        by_hand: whether it only starts by hand.
        unknown: what is not known, and why; a sentence each.
        standing: what its search service takes in thirty days, whose pods stand between runs too.
    """

    run: Amounts
    starts: Bounds
    by_hand: bool = False
    unknown: tuple[str, ...] = ()
    standing: Amounts = Amounts()

    @property
    def month(self) -> Amounts:
        """All starts of thirty days and what stands beside them; of what only starts by hand, one start."""
        return self.run.times(self.starts).plus(self.standing)

    @property
    def amounts(self) -> tuple[Amounts, Bounds, bool, Amounts]:
        """What two estimates that are alike have alike, whatever words tell what is not known."""
        return self.run, self.starts, self.by_hand, self.standing

    def data(self) -> Mapping[str, Any]:
        """Return it as JSON has it."""
        return {
            "run": self.run.data(),
            "month": self.month.data(),
            "starts": {"least": self.starts.least, "most": self.starts.most},
            "by_hand": self.by_hand,
            "unknown": list(self.unknown),
            **({"standing": self.standing.data()} if self.standing != Amounts() else {}),
        }


def _without_exponent(amount: float | None) -> str:
    """Return a number without an exponent, of which the pattern of arguments knows nothing."""
    return "" if amount is None else f"{amount:.6f}".rstrip("0").rstrip(".")


def _rounded(amount: float | None) -> float | None:
    return None if amount is None else float(f"{amount:.6g}")
