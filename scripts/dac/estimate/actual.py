"""What a run really took, as its receipt has it, by the names that the standard's `estimate` gives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SHARD = re.compile(r"-\d+$")


@dataclass(frozen=True, slots=True)
class Actual:
    """One run that succeeded.

    Attributes:
        seconds: from its first step to its receipt; None where the receipt does not say.
        steps: seconds of all pods of a step together.
        longest: seconds of the pod of a step that took longest.
        pods: how many a step had.
        work: how much there was to do, by name, as far as the receipt says.
        whole: how much there would be if nothing was done yet, by name, as far as the receipt says.
        amounts: `tokens` and `token_usd`, as far as the receipt says.
        arguments: in effect.
    """

    seconds: float | None
    steps: Mapping[str, float]
    longest: Mapping[str, float]
    pods: Mapping[str, int]
    work: Mapping[str, float]
    whole: Mapping[str, float]
    amounts: Mapping[str, float]
    arguments: Mapping[str, Any]


def actual_of(receipt: Mapping[str, Any], section: Mapping[str, Any]) -> Actual | None:
    """Return what a run took; None where it did not succeed, since it may have ended at any point.

    Args:
        receipt: of version 2.
        section: the standard's `estimate`.
    """
    if receipt.get("status") != "Succeeded":
        return None
    by_step: dict[str, list[float]] = {}
    for name, facts in _mapping(receipt.get("steps")).items():
        seconds = _number(_mapping(facts).get("seconds"))
        if seconds is not None:
            by_step.setdefault(_SHARD.sub("", str(name)), []).append(seconds)
    work = section.get("work", {})
    return Actual(
        _number(receipt.get("seconds")),
        {step: sum(seconds) for step, seconds in by_step.items()},
        {step: max(seconds) for step, seconds in by_step.items()},
        {step: len(seconds) for step, seconds in by_step.items()},
        _sums(receipt, {name: facts.get("actual") for name, facts in work.items()}),
        _sums(receipt, {name: facts.get("whole") for name, facts in work.items()}),
        _sums(receipt, {name: section.get(name, {}).get("actual") for name in ("tokens", "token_usd")}),
        _mapping(receipt.get("arguments")),
    )


def _sums(receipt: Mapping[str, Any], paths: Mapping[str, Sequence[str] | None]) -> dict[str, float]:
    """Return the sum of the numbers at the paths of each name; no entry where one of them is missing."""
    sums: dict[str, float] = {}
    for name, listed in paths.items():
        numbers = [_at(receipt, path) for path in listed or ()]
        if numbers and None not in numbers:
            sums[name] = sum(number for number in numbers if number is not None)
    return sums


def _at(receipt: Mapping[str, Any], path: str) -> float | None:
    value: Any = receipt
    for key in path.split("."):
        value = _mapping(value).get(key)
    return _number(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None
