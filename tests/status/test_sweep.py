"""`dac sweep`: what runs on this machine left goes by the catalog's days, and never what is newest or under way."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.end_to_end  # it starts a program in the rag image's environment
PROJECT, PIPELINE = "python-docs", "search"


def ran(state: Path, name: str, days: float, phase: str = "Succeeded") -> None:
    """Write a run's record and files, as old as that."""
    at = datetime.now(UTC) - timedelta(days=days)
    record = state / "runs" / name
    record.mkdir(parents=True)
    start = {"time": at.isoformat(), "event": "start", "name": name, "uid": f"uid-{name}", "namespace": PROJECT}
    (record / "events.jsonl").write_text(json.dumps(start | {"pipeline": PIPELINE, "process": 4242}) + "\n")
    if phase:
        times = {"startedAt": at.isoformat(), "finishedAt": at.isoformat()}
        result = {"version": 1, "name": name, "namespace": PROJECT, "phase": phase, "nodes": [], **times}
        (record / "result.json").write_text(json.dumps(result))
    file = state / "objects/dac-artifacts" / PROJECT / PIPELINE / "runs" / f"uid-{name}" / "plan.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    os.utime(file, (at.timestamp(), at.timestamp()))
    os.utime(record / "events.jsonl", (at.timestamp(), at.timestamp()))


def left(state: Path) -> tuple[set[str], set[str]]:
    """Return the runs that have a record, and those that have files."""
    files = (state / "objects/dac-artifacts" / PROJECT / PIPELINE / "runs").glob("*/plan.json")
    return {path.name for path in (state / "runs").iterdir()}, {path.parent.name.removeprefix("uid-") for path in files}


def test_old_runs_go_and_the_newest_and_those_under_way_stay(
    tmp_path: Path, root: Path, dac: Callable[..., Any]
) -> None:
    state = tmp_path / "state"
    for name, days, phase in (("a", 300, "Succeeded"), ("b", 200, "Succeeded"), ("c", 150, "Failed"), ("d", 100, "")):
        ran(state, name, days, phase)
    ran(state, "e", 90, "Failed")
    with (state / "runs/d/events.jsonl").open("a") as events:
        fcntl.flock(events, fcntl.LOCK_EX)  # d is under way: its process holds this
        seen = dac("sweep", "--state", state, cwd=root)
        assert seen.returncode == 0, seen.stderr
        assert left(state) == (set("abcde"), set("abcde")), "without --delete nothing goes"
        done = dac("sweep", "--state", state, "--delete", cwd=root)
    assert done.returncode == 0, done.stderr
    assert left(state) == (set("bde"), set("bde")), "b is the newest that succeeded, e the newest"
    due = [line.split("\t")[1].rpartition("/")[2] for line in done.stdout.splitlines() if line.startswith("record\t")]
    assert sorted(due) == ["a", "c"]
    assert all(line in done.stdout for line in seen.stdout.splitlines() if line.startswith("record"))
