"""How pipelines stand, as text for people, as a table, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from dac.cli._moments import ago, clock, clocks
from dac.cli._run_facts import run_json, took
from dac.model.printing import json_printable, shortened
from dac.model.run_record import RunRecord
from dac.model.words import plural
from dac.status import LONGEST, Failure, PipelineStatus, Schedule, readable

COLUMNS = ("pipeline", "state", "last run", "why", "served since", "next run")
SPARE = ("next run", "served since", "last run")  # what a narrow terminal leaves out first
_NAMED = 3  # further failed steps that are named
_WIDTH = 11  # of the words at the left


def row(status: PipelineStatus, now: datetime) -> tuple[str, ...]:
    """Return a pipeline's row of the table."""
    last = status.last or (status.running[0] if status.running else None)
    served = status.served
    return (
        f"{status.project}/{status.pipeline}",
        status.state,
        ago(last.started, now) if last and last.started else "-",
        _why(status),
        ago(served.since, now) if served and served.since else "-",
        ago(status.schedule.upcoming, now) if status.schedule and status.schedule.upcoming else "-",
    )


def _why(status: PipelineStatus) -> str:
    failure = status.failure
    if failure is not None:
        code = f" exit {failure.step.exit_code}" if failure.step and failure.step.exit_code is not None else ""
        return f"{failure.step.name}{code}: {failure.reason}" if failure.step else failure.reason
    if status.state in ("stale", "missed"):
        return _overdue(status)
    return status.notes[0] if status.notes else "-"


def lines(status: PipelineStatus, now: datetime) -> Iterator[str]:
    """Yield the lines that say all of one pipeline."""
    yield f"{status.project}/{status.pipeline}: {status.state}"
    for run in status.running:
        yield _entry("running", f"{run.name}, {run.phase or 'Pending'}{_since(run, now)}")
    if status.last is not None:
        yield _entry("last run", f"{status.last.name}, {status.last.phase}{_when(status.last, now)}")
        if dry := [step.name for step in status.last.steps if step.dry_run]:
            yield _entry("dry run", f"{plural(len(dry), 'step')} asked no cluster: {', '.join(dry)}")
    elif not status.running:
        yield _entry("last run", "none")
    if status.failure is not None:
        yield from _failure(status.failure)
    yield _entry("served", _served(status, now))
    if status.overdue:
        yield _entry("overdue", _overdue(status))
    yield _entry("next run", _next(status.schedule, now))
    for note in status.notes:
        yield _entry("note", note)
    for index, advice in enumerate(status.advice):
        yield _entry("do" if index == 0 else "", advice)


def _entry(word: str, text: str) -> str:
    return f"  {word:<{_WIDTH}}{text}"


def _since(run: RunRecord, now: datetime) -> str:
    return f" since {clock(run.started)} ({ago(run.started, now)})" if run.started else ""


def _when(run: RunRecord, now: datetime) -> str:
    if run.started is None:
        return ""
    return f": {clock(run.started)} ({ago(run.started, now)}){f', took {took(run)}' if took(run) else ''}"


def _failure(failure: Failure) -> Iterator[str]:
    if failure.step is not None:
        code = f", exit code {failure.step.exit_code}" if failure.step.exit_code is not None else ""
        meaning = f": {failure.meaning}" if failure.meaning else ""
        yield _entry("step", f"{failure.step.name}{code}{meaning}")
    if failure.others:
        named = ", ".join(step.name for step in failure.others[:_NAMED])
        rest = len(failure.others) - _NAMED
        yield _entry(
            "", f"and {plural(len(failure.others), 'more step')}: {named}{f' and {rest} more' if rest > 0 else ''}"
        )
    yield _entry("why", failure.reason)
    for line in failure.lines:
        yield _entry("", f"| {shortened(readable(line), LONGEST)}")


def _served(status: PipelineStatus, now: datetime) -> str:
    served = status.served
    if served is None:
        return "not known: no receipt says it"
    if not served.what:
        return "nothing yet"
    since = f" since {clock(served.since)} ({ago(served.since, now)})" if served.since else ""
    return f"{served.what}{since}{f', by {served.run}' if served.run else ''}"


def _overdue(status: PipelineStatus) -> str:
    if status.overdue and status.success:
        return f"{plural(status.overdue, 'start')} due since the last success, of {clock(status.success)}"
    past = status.schedule.past if status.schedule else ()
    return f"the start due at {clock(past[-1])} did not come" if past else "-"


def _next(schedule: Schedule | None, now: datetime) -> str:
    if schedule is None:
        return "not known: there is no CronWorkflow"
    if schedule.suspended:
        return "when somebody starts it (its schedule is suspended)"
    if schedule.upcoming is None:
        return f"not known: {schedule.cron} in {schedule.zone} has no start within 400 days"
    return f"{clocks(schedule.upcoming, schedule.zone)}, {ago(schedule.upcoming, now)}"


def document(statuses: Sequence[PipelineStatus], now: datetime) -> str:
    """Return the statuses as JSON."""
    content = {"version": 1, "at": now.isoformat(), "pipelines": [_status_json(status) for status in statuses]}
    return json_printable(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"


def _status_json(status: PipelineStatus) -> dict[str, Any]:
    failure, served, schedule = status.failure, status.served, status.schedule
    return {
        "project": status.project,
        "pipeline": status.pipeline,
        "state": status.state,
        "trouble": status.trouble,
        "last": run_json(status.last) if status.last else None,
        "running": [run_json(run) for run in status.running],
        "failure": failure
        and {
            "step": failure.step.name if failure.step else None,
            "exit_code": failure.step.exit_code if failure.step else None,
            "meaning": failure.meaning,
            "reason": failure.reason,
            "lines": list(failure.lines),
            "others": [step.name for step in failure.others],
        },
        "served": served and {"what": served.what, "since": _iso(served.since), "run": served.run},
        "last_success": _iso(status.success),
        "overdue": status.overdue,
        "schedule": schedule
        and {
            "cron": schedule.cron,
            "timezone": schedule.zone,
            "suspended": schedule.suspended,
            "next": _iso(schedule.upcoming),
        },
        "notes": list(status.notes),
        "advice": list(status.advice),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
