"""`dac sweep`: what runs on this machine left goes by the catalog's days, and never what is newest or under way."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
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


def test_the_registry_of_this_machine_is_asked_for_versions_and_stays_unread_where_it_is_away(
    tmp_path: Path, root: Path, dac: Callable[..., Any]
) -> None:
    """A pipeline that promoted a model keeps what the registry may lead to; all else is swept."""
    tree, state = tmp_path / "tree", tmp_path / "state"
    shutil.copytree(root / "standards", tree / "standards")
    for name in ("projects", "images"):
        (tree / name).symlink_to(root / name)
    endpoints = tree / "standards/catalog/endpoints.yaml"
    endpoints.write_text(endpoints.read_text().replace("local: http://127.0.0.1:5000", "local: http://127.0.0.1:9"))
    for name, days in (("a", 300), ("b", 200), ("c", 1)):
        ran(state, name, days)
    promoted = {"run": "b", "run_id": "uid-b", "status": "Succeeded", "finished": "2026-01-01T00:00:00Z"}
    promoted |= {"results": {"promoted": {"model": f"{PROJECT}.{PIPELINE}", "version": "1"}}}
    receipt = state / "objects/dac-artifacts" / PROJECT / PIPELINE / "receipts/b.json"
    receipt.parent.mkdir()
    receipt.write_text(json.dumps(promoted))
    done = dac("sweep", "--state", state, "--delete", cwd=tree)
    assert done.returncode == 1
    unread, sum_ = done.stderr.splitlines()
    about = f"versions of {PROJECT}/{PIPELINE}: http://127.0.0.1:9: the model registry did not answer: "
    assert unread.startswith(about)
    assert unread.endswith("; all of it stays")
    assert sum_.startswith("not done: 0 could not be deleted, 1 could not be read")
    assert left(state)[1] == {"b", "c"}, "b promoted a model"
