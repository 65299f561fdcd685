"""When what a plan changes runs next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from dac.cli._due import Due
from dac.cli._moments import clocks
from dac.cli._plan_compared import Compared
from dac.model import Manifest, Project
from dac.plan import Group, NextRun


def moment_of(day: date) -> datetime:
    """Return the moment from which next runs are reckoned: now where the day is today, else its first."""
    now = datetime.now(UTC)
    return now if day == now.date() else datetime(day.year, day.month, day.day, tzinfo=UTC)


class Starts:
    """Reads from rendered CronWorkflows when pipelines run next.

    Args:
        now: the moment from which it is reckoned.
        rendered: gives the manifests of a project's pipelines at the head, by their names.
    """

    def __init__(self, now: datetime, rendered: Callable[[Project], Mapping[str, Manifest]]) -> None:
        self._due = Due(now - timedelta(microseconds=1), timedelta())  # what starts at that very moment counts
        self._rendered = rendered

    def of(self, project: Project, names: Collection[str]) -> Iterator[tuple[tuple[str, str], NextRun]]:
        """Yield project and pipeline with its next run, of some of a project's pipelines."""
        if not names:
            return
        for name, manifest in self._rendered(project).items():
            if name in names and (start := self._of(manifest)):
                yield (project.name, name), start

    def _of(self, manifest: Manifest) -> NextRun | None:
        schedule = self._due.schedule(manifest.objects[0])
        if schedule is None or (schedule.upcoming is None and not schedule.suspended):
            return None
        return NextRun(schedule.upcoming, schedule.zone)


def ahead(group: Group, compared: Compared) -> Group:
    """Return a group with the next runs of its pipelines."""
    starts = {subject: compared.next_runs.get((subject.project, subject.pipeline)) for subject in group.subjects}
    return replace(group, next_runs={subject: start for subject, start in starts.items() if start})


def ahead_lines(group: Group) -> Iterator[tuple[str, str]]:
    """Yield what lies ahead of a group as a word and what it says, for people."""
    dated = {s: start for s, start in group.next_runs.items() if start.moment}
    by_hand = len(group.next_runs) - len(dated)
    if len(group.subjects) == 1:
        yield from (
            ("next run", _clocks(start) if start.moment else "when somebody starts it")
            for start in group.next_runs.values()
        )
        return
    order = sorted(dated, key=lambda subject: (dated[subject].moment, str(subject)))
    parts = []
    if order:
        first, last = order[0], order[-1]
        parts.append(f"first {_clocks(dated[first])}: {first}")
        if dated[last].moment != dated[first].moment:
            parts.append(f"last {_clocks(dated[last])}: {last}")
    if by_hand:
        parts.append(f"{by_hand} when somebody starts {'it' if by_hand == 1 else 'them'}")
    if parts:
        yield "next runs", "; ".join(parts)


def _clocks(start: NextRun) -> str:
    assert start.moment is not None
    return clocks(start.moment, start.zone)
