"""Why a run failed: the step, its exit code and what that means, its last lines, and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dac.model.printing import shortened
from dac.model.run_record import KILLED, RunRecord, StepRecord
from dac.status.place import Commands

LONGEST = 1000  # characters of a reason, and of a line of a log, that are shown
_TRY = re.compile(r"\(\d+\)$")
_BADLY = ("Failed", "Error")
_GROUPS = ("DAG", "Steps", "TaskGroup", "StepGroup", "Retry")
# What each exit code of a step program means (images/runtime/errors.py), and Linux's own two.
MEANINGS = {
    1: "a defect of the step",
    65: "the input is wrong",
    75: "something outside did not answer",
    137: "killed: out of memory, or by its node",
    143: "told to stop, as by a node that goes away",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed.

    Attributes:
        step: the step that failed first; None where no step did.
        others: the other steps that failed.
        reason: one line: the step's own last message, or the engine's.
        lines: the last lines of its log.
        meaning: of its exit code; empty where it has none.
        advice: what to do, a line each.
    """

    step: StepRecord | None
    others: tuple[StepRecord, ...]
    reason: str
    lines: tuple[str, ...]
    meaning: str
    advice: tuple[str, ...]


def failing_steps(run: RunRecord) -> tuple[StepRecord, ...]:
    """Return the steps that failed for good, the first to fail first; those of the exit handler come last.

    Of a step that was tried several times the last try stands for it; one that succeeded in the end did not fail.
    """
    retried = {step.name: step for step in run.steps if step.kind == "Retry"}
    last: dict[str, StepRecord] = {}
    for step in run.steps:
        base = _TRY.sub("", step.name)
        outer = retried.get(base)
        if step.phase not in _BADLY or step.kind in _GROUPS or (outer and outer.phase not in _BADLY):
            continue
        if outer is None or base not in last or _number(last[base].name) < _number(step.name):
            last[base if outer else step.name] = step
    if not last:
        last = {step.name: step for step in run.steps if step.phase in _BADLY and step.kind == "Retry"}
    return tuple(sorted(last.values(), key=lambda s: (s.in_exit_handler, s.finished is None, s.finished, s.name)))


def failure_of(run: RunRecord, commands: Commands) -> Failure:
    """Return why a run that did not end well did not."""
    steps = failing_steps(run)
    if run.phase == KILLED:
        at = [step for step in run.steps if step.kind == "Pod" and step.phase in ("Pending", "Running")]
        at = at or list(steps)  # it was killed before its exit handler ended
        first = at[0] if at else None
        lines = run.tails.get(first.name, ()) if first else ()
        return Failure(first, tuple(at[1:]), run.message, lines, "", (f"start it again: {_retry(run, commands)}",))
    lines = _received(run)
    if not steps and not run.steps:
        steps = _received_steps(run)
    if not steps:
        return Failure(None, (), run.message or f"the run is {run.phase}", lines, "", _advice(run, None, commands))
    step = steps[0]
    lines = run.tails.get(step.name) or lines
    code = step.exit_code
    meaning = MEANINGS.get(code, "a defect of the step") if code else ""
    reason = shortened(_reason(lines, step), LONGEST)
    return Failure(step, steps[1:], reason, lines, meaning, _advice(run, step, commands))


def readable(line: str) -> str:
    """Return a line of a step's log for people: of the JSON that programs write, its level and its message."""
    try:
        event = json.loads(line) if line.startswith("{") else None
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict) or "event" not in event:
        return line
    message = str(event.get("message") or event["event"])
    level = str(event.get("level", ""))
    return f"{level}: {message}" if level in ("warning", "error") else message


def _number(name: str) -> int:
    match = _TRY.search(name)
    return int(match[0].strip("()")) if match else 0


def _reason(lines: Sequence[str], step: StepRecord) -> str:
    for line in reversed(lines):
        if line.startswith("{") and (text := readable(line)).startswith("error: "):
            return text.removeprefix("error: ")
    return step.message or (readable(lines[-1]) if lines else step.phase)


def failures_of(run: RunRecord) -> list[Mapping[str, Any]]:
    """Return what the receipt says failed: the engine's nodes, then steps with their last lines."""
    failures = (run.receipt or {}).get("failures")
    return [failure for failure in failures if isinstance(failure, dict)] if isinstance(failures, list) else []


def _received(run: RunRecord) -> tuple[str, ...]:
    """Return the last lines of the failed step that the receipt holds."""
    for failure in reversed(failures_of(run)):
        if isinstance(failure.get("lines"), list) and failure["lines"]:
            return tuple(map(str, failure["lines"]))
    return ()


def _received_steps(run: RunRecord) -> tuple[StepRecord, ...]:
    """Return the steps that failed, of a run of which only a receipt is left; one that left lines comes first."""
    steps = []
    for failure in reversed(failures_of(run)):
        code = failure.get("exit_code")
        number = code if isinstance(code, int) else None
        steps.append(StepRecord(str(failure.get("step", "")), "Pod", "Failed", str(failure.get("message", "")), number))
    return tuple(step for step in steps if step.name)


def _advice(run: RunRecord, step: StepRecord | None, commands: Commands) -> tuple[str, ...]:
    again = _retry(run, commands)
    name = step.name if step else ""
    logs = f"see the whole log: {commands.logs(run.project, run.name, name)}"
    if step is None:
        return (f"see which step it came to: {commands.logs(run.project, run.name)}", f"then start it again: {again}")
    if step.exit_code == 65:
        return (f"the same run fails again: correct what the message names, then {again}", logs)
    if step.exit_code == 75:
        return (f"see that what it names answers again, then {again}", logs)
    if step.exit_code == 137:
        return (f"decide a larger size where it ran out of memory; else start it again: {again}", logs)
    if step.exit_code == 143 or step.exit_code is None:
        return (f"start it again: {again}", logs)
    return (logs, "it is a defect: take the log to whoever maintains the image")


def _retry(run: RunRecord, commands: Commands) -> str:
    return commands.retry(run.project, run.name) if run.pipeline else f"dac retry {run.name}"
