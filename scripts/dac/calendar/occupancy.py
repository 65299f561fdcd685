"""What pipelines of one owner may hold at once, by the longest that each run may take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from dac.model.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Entry:
    """A pipeline in the calendar.

    Attributes:
        name: PROJECT/PIPELINE.
        owner: whose budget counts.
        cron: the cron line.
        zone: its time zone.
        suspended: whether it only runs when started by hand.
        gpus: what its pods hold at once, at most.
        longest: how long a run may take.
        firings: when it starts, in UTC.
        estimate: what it takes; None where nobody estimated it.
    """

    name: str
    owner: str
    cron: str
    zone: str
    suspended: bool
    gpus: int
    longest: timedelta
    firings: tuple[datetime, ...]
    estimate: Estimate | None = None

    @property
    def least_gap(self) -> timedelta | None:
        """The shortest time between two starts; None for fewer than two."""
        gaps = [later - earlier for earlier, later in pairwise(self.firings)]
        return min(gaps, default=None)


@dataclass(frozen=True, slots=True)
class Collision:
    """A span in which an owner's runs may want more GPUs than its budget.

    Attributes:
        owner: whose runs.
        begin: of the span with the highest demand.
        end: of that span.
        gpus: the demand in it.
        names: the pipelines that may run in it.
    """

    owner: str
    begin: datetime
    end: datetime
    gpus: int
    names: tuple[str, ...]


def collisions(entries: Sequence[Entry], budgets: dict[str, int]) -> list[Collision]:
    """Return each owner's span of the highest demand, where that is over its budget.

    Args:
        entries: all pipelines.
        budgets: owner -> GPUs at once.
    """
    worst = []
    for owner in sorted({entry.owner for entry in entries}):
        spans = _spans([entry for entry in entries if entry.owner == owner and entry.gpus])
        peak = max(spans, key=lambda span: span.gpus, default=None)
        if peak and peak.gpus > budgets.get(owner, 0):
            worst.append(peak)
    return worst


def _spans(entries: Sequence[Entry]) -> list[Collision]:
    """Return the demand between each two moments at which a run may start or must have ended."""
    edges: dict[datetime, list[tuple[int, Entry]]] = {}
    for entry in entries:
        for firing in entry.firings:
            edges.setdefault(firing, []).append((1, entry))
            edges.setdefault(firing + entry.longest, []).append((-1, entry))
    running: Counter[str] = Counter()
    gpus = {entry.name: entry.gpus for entry in entries}
    spans = []
    moments = sorted(edges)
    for begin, end in pairwise(moments):
        for step, entry in edges[begin]:
            running[entry.name] += step
        # One pipeline never runs twice at once: concurrencyPolicy is Forbid.
        names = tuple(sorted(name for name, times in running.items() if times > 0))
        if names:
            spans.append(Collision(entries[0].owner, begin, end, sum(gpus[name] for name in names), names))
    return spans


def free_slot(entry: Entry, entries: Sequence[Entry], budget: int) -> str:
    """Return an hour of the day (UTC) at which the pipeline would fit beside its owner's others; empty if none does.

    Args:
        entry: the pipeline that is moved.
        entries: all pipelines.
        budget: the owner's GPUs at once.
    """
    if not entry.firings or entry.gpus > budget:
        return ""
    spans = _spans([e for e in entries if e.owner == entry.owner and e.gpus and e.name != entry.name])
    days = sorted({firing.replace(hour=0, minute=0) for firing in entry.firings})
    for hour in range(24):
        starts = [day + timedelta(hours=hour) for day in days]
        if all(
            span.gpus + entry.gpus <= budget
            for span in spans
            for start in starts
            if span.begin < start + entry.longest and start < span.end
        ):
            return f"{hour:02}:00"
    return ""
