"""How amounts within bounds are written: in words that never make nothing of what is not known."""

from __future__ import annotations

from collections.abc import Callable

from dac.model.bounds import NOTHING, Bounds
from dac.model.estimate import NO_AMOUNT_KNOWN, Amounts, Estimate

_MINUTE, _HOUR = 60.0, 3600.0


def bounded(bounds: Bounds, text: Callable[[float], str]) -> str:
    """Return bounds in words: `$1 to $2`, `at most $2`, `at least $1`, `unknown`.

    Args:
        bounds: the amount.
        text: writes a number.
    """
    least = text(bounds.least)
    if bounds.most is None:
        return f"at least {least}, the most is unknown" if bounds.least > 0 else "unknown"
    most = text(bounds.most)
    if least == most or most.startswith("under "):
        return most
    return f"at most {most}" if bounds.least == 0 else f"{least} to {most}"


def usd(bounds: Bounds) -> str:
    """Return an amount of money."""
    return bounded(bounds, _dollars)


def span(bounds: Bounds) -> str:
    """Return a duration, or an amount of pod time."""
    return bounded(bounds, _span)


def number(bounds: Bounds) -> str:
    """Return a number of things, such as tokens or starts."""
    return bounded(bounds, lambda amount: f"{amount:,.0f}")


def run_words(run: Amounts) -> str:
    """Return what a run takes, less what it takes nothing of."""
    parts = [f"takes {span(run.seconds)}", f"CPU {span(run.cpu_seconds)}"]
    if run.gpu_seconds != NOTHING:
        parts.append(f"GPU {span(run.gpu_seconds)}")
    if run.tokens != NOTHING:
        parts.append(f"tokens {number(run.tokens)}")
    return "; ".join([*parts, f"costs {usd(run.usd)}"])


def month_words(estimate: Estimate) -> str:
    """Return what thirty days cost, and by how many runs."""
    standing = estimate.standing != Amounts()
    if estimate.by_hand:
        beside = f", and {usd(estimate.standing.usd)} in 30 days for its search service" if standing else ""
        return f"{usd(estimate.run.usd)} each time that it is started by hand{beside}"
    count = number(estimate.starts)
    runs = f"{count} {'run' if count == '1' else 'runs'}{' and its search service' if standing else ''}"
    return f"{usd(estimate.month.usd)} in 30 days ({runs})"


def estimate_words(estimate: Estimate) -> str:
    """Return what a run takes, and what is not known of it."""
    run = [] if estimate.run == NO_AMOUNT_KNOWN else [f"a run {run_words(estimate.run)}"]
    return "; ".join([*run, *(f"not known: {what}" for what in estimate.unknown)])


def _dollars(amount: float) -> str:
    if amount >= 100:
        return f"${amount:,.0f}"
    if amount >= 0.01 or amount == 0:
        return f"${amount:.2f}"
    return "under $0.01"


def _span(seconds: float) -> str:
    if seconds >= 1.5 * _HOUR:
        return f"{seconds / _HOUR:,.1f} h"
    return f"{seconds / _MINUTE:.0f} min" if seconds >= 1.5 * _MINUTE else f"{seconds:.3g} s"
