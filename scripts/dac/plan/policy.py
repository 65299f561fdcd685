"""What policy says of a change: its findings that are new, those that are announced, and the waivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from dac.model import Finding

_SOON = timedelta(days=14)


class WaiverState(StrEnum):
    """What a change does to a waiver, or how it stands on the day of the plan."""

    NEW = "new"
    CHANGED = "changed"
    REMOVED = "removed"
    EXPIRED = "expired"
    EXPIRING = "expires soon"
    IN_EFFECT = "in effect"


@dataclass(frozen=True, slots=True)
class WaiverLine:
    """One waiver of the head, or one that the head no longer has.

    Attributes:
        states: at least one; `CHANGED` and `NEW` stand beside how it stands on the day.
        facts: as policy/waivers.yaml has it.
        days_left: from the day of the plan to its last day; negative once it is past.
        before: the facts that the base has for it and that differ.
    """

    states: tuple[WaiverState, ...]
    facts: Mapping[str, Any]
    days_left: int
    before: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """What the rules say of the head.

    Attributes:
        scope: what they were evaluated over, in words; empty where they were not evaluated.
        new: findings that the base does not have.
        announced: findings, new or not, of rules that deny from a later day.
        standing: how many further findings the base has too.
        waivers: those that the change or the day concerns first.
    """

    scope: str = ""
    new: tuple[Finding, ...] = ()
    announced: tuple[Finding, ...] = ()
    standing: int = 0
    waivers: tuple[WaiverLine, ...] = ()


def waiver_lines(
    base: Sequence[Mapping[str, Any]], head: Sequence[Mapping[str, Any]], today: date
) -> tuple[WaiverLine, ...]:
    """Compare the waivers of two commits, as of a day.

    A waiver is the same one where its rule, path and value are; a second one alike is compared with the base's second.
    """
    remaining = list(base)
    lines = []
    for facts in head:
        former = next((waiver for waiver in remaining if _key(waiver) == _key(facts)), None)
        if former is not None:
            remaining.remove(former)
        before = {name: value for name, value in former.items() if value != facts[name]} if former else {}
        change = [WaiverState.NEW] if former is None else [WaiverState.CHANGED] if before else []
        left = (date.fromisoformat(facts["until"]) - today).days
        lines.append(WaiverLine((*change, *_of_the_day(left, alone=not change)), facts, left, before))
    for facts in remaining:
        left = (date.fromisoformat(facts["until"]) - today).days
        lines.append(WaiverLine((WaiverState.REMOVED,), facts, left, {}))
    order = list(WaiverState)
    return tuple(sorted(lines, key=lambda line: (order.index(line.states[0]), line.facts["until"], _key(line.facts))))


def _of_the_day(left: int, *, alone: bool) -> list[WaiverState]:
    if left < 0:
        return [WaiverState.EXPIRED]
    if left <= _SOON.days:
        return [WaiverState.EXPIRING]
    return [WaiverState.IN_EFFECT] if alone else []


def _key(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(facts["rule"]), str(facts["path"]).rstrip("/"), str(facts["value"])
