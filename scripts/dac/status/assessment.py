"""How one pipeline stands: its state in a word, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dac.model.run_record import ENDS, KILLED, RunRecord
from dac.status.failure import Failure, failing_steps, failure_of
from dac.status.place import Commands
from dac.status.schedule import DEADLINE, Schedule
from dac.status.served import Served, served_of

# Every state, the most urgent first; those up to `unreadable` are trouble.
STATES = (
    "killed", "failed", "exit handler failed", "no receipt", "stuck", "missed", "stale", "secret missing", "unreadable",
    "running", "waiting", "never run", "on demand", "ok",
)  # fmt: skip
TROUBLE = frozenset(STATES[: STATES.index("running")])
_STALE_AFTER = 2  # starts that were due since the last run that succeeded
_SKEW = timedelta(minutes=1)  # that two machines' clocks may differ
LONGEST_WAIT = timedelta(hours=2)  # a run that waits longer for a lock or a quota is stuck


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """How one pipeline stands.

    Attributes:
        state: a word of STATES.
        last: the newest run that has ended.
        running: the runs that have not ended, the newest first.
        failure: why the last run did not end well.
        served: what readers have; None where no receipt says it.
        success: when the newest run that succeeded ended.
        overdue: how many starts were due since the newest run that succeeded began.
        notes: what else must be known, a sentence each.
        advice: what to do, the first thing first.
    """

    project: str
    pipeline: str
    state: str
    last: RunRecord | None
    running: tuple[RunRecord, ...]
    failure: Failure | None
    served: Served | None
    success: datetime | None
    overdue: int
    schedule: Schedule | None
    notes: tuple[str, ...]
    advice: tuple[str, ...]

    @property
    def trouble(self) -> bool:
        """Whether somebody should act."""
        return self.state in TROUBLE


def assess(
    project: str,
    pipeline: str,
    runs: Sequence[RunRecord],
    schedule: Schedule | None,
    now: datetime,
    commands: Commands,
    missing: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> PipelineStatus:
    """Return how a pipeline stands.

    Args:
        runs: its runs, the newest first.
        schedule: when it is due; None where that is not known.
        now: the moment of which it is judged.
        commands: where the runs are.
        missing: the Secrets that it needs and does not have.
        notes: what else is known of it, a sentence each.
    """
    ended = [run for run in runs if not run.active]
    running = tuple(run for run in runs if run.active)
    last = ended[0] if ended else None
    succeeded = next((run for run in ended if run.phase == "Succeeded"), None)
    overdue = schedule.due_since(succeeded.started, now) if schedule and succeeded and succeeded.started else 0
    failure = failure_of(last, commands) if last and _is_bad(last) else None
    state = _state(runs, last, running, schedule, now, overdue, missing, commands)
    return PipelineStatus(
        project,
        pipeline,
        state,
        last,
        running,
        failure,
        served_of(runs),
        succeeded.finished or succeeded.started if succeeded else None,
        overdue,
        schedule,
        (
            *dict.fromkeys(_notes(runs, running, last, now, state)),
            *(f"Secret {name} is not there" for name in missing),
            *notes,
        ),
        tuple(_advice(project, pipeline, state, last, running, failure, missing, commands)),
    )


def by_urgency(statuses: Iterable[PipelineStatus]) -> list[PipelineStatus]:
    """Return pipelines with trouble first, each kind by name."""
    return sorted(statuses, key=lambda each: (STATES.index(each.state), each.project, each.pipeline))


def _is_bad(run: RunRecord) -> bool:
    return run.phase in ("Failed", "Error", KILLED) or bool(failing_steps(run))


def _state(
    runs: Sequence[RunRecord],
    last: RunRecord | None,
    running: Sequence[RunRecord],
    schedule: Schedule | None,
    now: datetime,
    overdue: int,
    missing: Sequence[str],
    commands: Commands,
) -> str:
    if last is not None and last.phase == KILLED:
        return "killed"
    if last is not None and last.phase in ("Failed", "Error"):
        return "failed"
    if last is not None and any(step.in_exit_handler for step in failing_steps(last)):
        return "exit handler failed"
    if last is not None and last.phase not in ENDS:
        return "unreadable"
    if last is not None and last.receipt is None:
        return "unreadable" if last.problems else "no receipt"
    if any(run.phase != "Running" and _age(run, now) > LONGEST_WAIT for run in running):
        return "stuck"
    # Nothing starts by a schedule on this machine, so that nothing is missed there.
    if commands.cluster and not running and schedule is not None and _missed(runs, schedule, now):
        return "missed"
    if overdue >= _STALE_AFTER:
        return "stale"
    if missing:
        return "secret missing"
    if running:
        return "running" if any(run.phase == "Running" for run in running) else "waiting"
    if last is None:
        return "never run"
    return "on demand" if schedule is not None and schedule.suspended else "ok"


def _age(run: RunRecord, now: datetime) -> timedelta:
    return now - run.started if run.started else timedelta()


def _missed(runs: Sequence[RunRecord], schedule: Schedule, now: datetime) -> bool:
    """Whether the last start that was due did not come, of a pipeline that has run before."""
    due = [moment for moment in schedule.past if moment <= now - DEADLINE]
    starts = [run.started for run in runs if run.started]
    return bool(due and starts) and max(starts) < due[-1] - _SKEW


def _notes(
    runs: Sequence[RunRecord], running: Sequence[RunRecord], last: RunRecord | None, now: datetime, state: str
) -> Iterable[str]:
    if len(running) > 1:
        names = ", ".join(run.name for run in running)
        yield f"{len(running)} runs have not ended: {names}; one works at a time, the others wait for it"
    for run in running:
        if run.message:
            yield f"{run.name}: {run.message}"
    for run in runs[:3]:
        if run.started and run.started > now + _SKEW:
            yield f"{run.name} began in the future: the clocks of two machines differ"
        yield from run.problems
    if state == "no receipt" and last is not None:
        handlers = [step for step in last.steps if step.in_exit_handler and step.kind == "Pod"]
        if handlers and all(step.phase == "Succeeded" for step in handlers):
            yield f"the exit handler of {last.name} ended well; its receipt is not there: it is elsewhere, or removed"
        else:
            yield f"{last.name} left no receipt: its exit handler did not come to its end"


def _advice(
    project: str,
    pipeline: str,
    state: str,
    last: RunRecord | None,
    running: Sequence[RunRecord],
    failure: Failure | None,
    missing: Sequence[str],
    commands: Commands,
) -> Iterable[str]:
    if missing:
        yield f"bring the Secret{'s' if len(missing) > 1 else ''} {', '.join(missing)} into the namespace {project}"
    start = commands.run(project, pipeline)
    if running and state in ("failed", "killed"):
        yield f"a run is under way ({running[0].name}): wait for how it ends"
    elif failure is not None:
        yield from failure.advice
    elif state == "stuck":
        yield f"see which run holds what it waits for; to give it up: {commands.stop(project, running[0].name)}"
    elif state in ("missed", "stale"):
        yield f"see why it did not start (suspended, or a controller that is down); to run it now: {start}"
    elif state == "no receipt" and last is not None:
        yield f"see how its exit handler ended: {commands.logs(project, last.name)}; to run it again: {start}"
    elif state == "unreadable":
        yield f"what the last run did cannot be said; the note says why; to run it again: {start}"
    elif state == "never run":
        yield f"to run it now: {start}"
