"""A run as it was seen from outside, on this machine or in a cluster: what `dac status` judges and `dac runs` lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

KILLED = "Killed"  # the phase of a run whose runner ended without writing how it went
UNKNOWN = "Unknown"  # the phase of a run whose record cannot be read
_EXIT_HANDLER = re.compile(r"(?:^|\.)onExit(?=[.(]|$)")
ACTIVE = ("", "Pending", "Running")
ENDS = ("Succeeded", "Failed", "Error")


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One node of a run.

    Attributes:
        name: within the run: `embed(3:3)(0)` is the first try of shard 3.
        kind: Pod, Retry, DAG and so on, as Argo has it.
        phase, message: as Argo has them.
        exit_code: of its main container; None where it is not known.
        log: where its log is: a file of this machine, or a pod's name.
        archive: the key under which its log was archived in the artifact store; empty where it was not.
        outputs: its output parameters.
        dry_run: what it would have asked a cluster for, and did not; empty where it did all it says.
    """

    name: str
    kind: str
    phase: str
    message: str = ""
    exit_code: int | None = None
    started: datetime | None = None
    finished: datetime | None = None
    log: str = ""
    archive: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    dry_run: str = ""

    @property
    def in_exit_handler(self) -> bool:
        """Whether it is part of an exit handler."""
        return _EXIT_HANDLER.search(self.name) is not None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run.

    Attributes:
        phase: Argo's; KILLED or UNKNOWN beside them.
        arguments: in effect, by name.
        receipt: what the run left; None where it left none that can be read.
        problems: what of the run cannot be read, and why; each is a sentence.
        tails: the last lines of steps' logs, by the step's name.
    """

    project: str
    pipeline: str
    name: str
    phase: str
    message: str = ""
    started: datetime | None = None
    finished: datetime | None = None
    steps: tuple[StepRecord, ...] = ()
    arguments: Mapping[str, str] = field(default_factory=dict)
    receipt: Mapping[str, Any] | None = None
    problems: tuple[str, ...] = ()
    tails: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether it has not ended."""
        return self.phase in ACTIVE

    @property
    def order(self) -> tuple[datetime, str]:
        """What runs are sorted by: their start; one that has not begun is the newest."""
        return self.started or datetime.max.replace(tzinfo=UTC), self.name


def step_of(run: str, node: Mapping[str, Any], code: Any) -> StepRecord:
    """Return a node's record from Argo's own fields; where its log lies and what it put out is left to the reader."""
    name, code = str(node.get("name", "")), str(code or "")
    return StepRecord(
        name.removeprefix(run).removeprefix(".") or name,
        str(node.get("type", "")),
        str(node.get("phase", "")),
        str(node.get("message") or ""),
        int(code) if re.fullmatch(r"\d{1,3}", code) else None,
        moment(node.get("startedAt")),
        moment(node.get("finishedAt")),
        dry_run=str(node.get("dryRun") or ""),
    )


def of_receipt(record: RunRecord, receipt: Mapping[str, Any]) -> RunRecord:
    """Return a run with its receipt, which says how a run went that has no record."""
    if record.phase != UNKNOWN or record.problems:
        return replace(record, receipt=receipt)
    if receipt["status"] in ACTIVE:
        problem = f"its receipt says the status {receipt['status']!r}, in which no run ends"
        return replace(record, problems=(*record.problems, problem))
    finished, seconds = moment(receipt["finished"]), receipt.get("seconds")
    started = finished
    with suppress(OverflowError, ValueError):  # seconds that nothing took
        started = finished - timedelta(seconds=seconds) if finished and isinstance(seconds, int | float) else finished
    given = record.arguments or {str(name): str(value) for name, value in receipt.get("arguments", {}).items()}
    ended = replace(record, phase=receipt["status"], started=started, finished=finished)
    return replace(ended, arguments=given, receipt=receipt)


def moment(text: Any) -> datetime | None:
    """Return a time as Argo and receipts write it, or None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        parsed = datetime.fromisoformat(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: of the year 1 or 9999, in another zone
        return None
