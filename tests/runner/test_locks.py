"""A lock that is not given: the run says whose it is, is ended by an interrupt, and never waits for itself."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from dac.run.local.locks import FileLocks
from runner_harness import run_text
from workflows import command, leaf, workflow

MUTEX = {"synchronization": {"mutexes": [{"name": "one"}]}}
STEPS = {"name": "main", "steps": [[{"name": "a", "template": "a"}]]}
WAITS = "Waiting for default/Mutex/one lock. Lock status: 0/1"


@pytest.mark.parametrize(
    ("templates", "spec"),
    [
        ([STEPS, {**leaf("true", "a"), **MUTEX}], MUTEX),
        ([{**STEPS, **MUTEX}, {**leaf("true", "a"), **MUTEX}], {}),
    ],
    ids=["workflow", "steps"],
)
def test_a_run_that_waits_for_itself_ends(
    tmp_path: Path, templates: list[dict[str, Any]], spec: dict[str, Any]
) -> None:
    result = run_text(workflow(templates, **spec), tmp_path)
    name = result["name"]
    assert (result["phase"], result["message"]) == (
        "Error",
        f"nothing is left that could go on: Argo would wait forever; {name}[0].a: {WAITS}",
    )


def test_what_is_left_of_a_run_goes_on_beside_what_waits_for_itself(tmp_path: Path) -> None:
    tasks = [{"name": "a", "template": "a"}, {"name": "b", "template": "b"}]
    main = {"name": "main", "dag": {"tasks": tasks}, **MUTEX}
    result = run_text(workflow([main, {**leaf("true", "a"), **MUTEX}, leaf("sleep 0.5", "b")]), tmp_path)
    assert {n["displayName"]: n["phase"] for n in result["nodes"] if n["type"] == "Pod"}["b"] == "Succeeded"
    assert result["phase"] == "Error"


@pytest.mark.parametrize(
    ("held", "waits", "spec"),
    [({}, "w", MUTEX), (MUTEX, "w[0].a", {})],
    ids=["workflow", "template"],
)
def test_an_interrupt_ends_a_run_that_waits_for_another(
    tmp_path: Path, held: dict[str, Any], waits: str, spec: dict[str, Any]
) -> None:
    file, state = tmp_path / "w.yaml", tmp_path / "state"
    file.write_text(workflow([STEPS, {**leaf("true", "a"), **held}], **spec))
    other = FileLocks(state / "locks", lambda *_: None)
    assert other.acquire("default", "other", MUTEX["synchronization"]) == (True, "")
    with subprocess.Popen(command(file, state), stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        note = next(line for line in run.stderr if line.startswith("nothing runs"))
        run.send_signal(signal.SIGINT)
        rest = run.stderr.read()
        assert run.wait(timeout=20) == 1
    name = note.split("; ")[1].split(": ")[0]
    assert note == f"nothing runs: what this run waits for is held by another; {name}: {WAITS}\n"
    assert name.partition("[")[2] == waits.partition("[")[2]
    assert "Stopped with strategy 'Stop'" in rest


def test_a_run_goes_on_once_another_gives_a_lock_back(tmp_path: Path) -> None:
    file, state = tmp_path / "w.yaml", tmp_path / "state"
    file.write_text(workflow([STEPS, {**leaf("true", "a"), **MUTEX}]))
    other = FileLocks(state / "locks", lambda *_: None)
    other.acquire("default", "other", MUTEX["synchronization"])
    with subprocess.Popen(command(file, state), stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        next(line for line in run.stderr if line.startswith("nothing runs"))
        other.release_all()
        assert "Succeeded" in run.stderr.read()
        assert run.wait(timeout=20) == 0
