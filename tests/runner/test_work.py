"""What the runner does for a step does not grow with the number of steps: counted in calls, not by the clock."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from dac.run.argo.pods import PodRequest, PodResult
from dac.run.local import runner
from runner_harness import run_text
from workflows import workflow

NOOP = {"name": "noop", "container": {"image": "any", "command": ["true"]}}


class Instant:
    """A pod that ends as soon as it is followed."""

    stopped = ""

    def __init__(self, wanted: PodRequest) -> None:
        self.node = wanted.node

    async def run(self) -> PodResult:
        return PodResult(self.node, "Succeeded", "", {"exitCode": "0", "result": "1"})

    async def end(self, reason: str) -> None:
        self.stopped = reason


def chain(count: int) -> dict[str, Any]:
    """Steps one after another."""
    return {"name": "main", "steps": [[{"name": f"s{number}", "template": "noop"}] for number in range(count)]}


def loop(count: int) -> dict[str, Any]:
    """Steps beside one another."""
    step = {"name": "each", "template": "noop", "withSequence": {"count": str(count)}}
    return {"name": "main", "steps": [[step]]}


def tasks_of_a_loop(count: int) -> dict[str, Any]:
    """Tasks of a DAG beside one another."""
    task = {"name": "each", "template": "noop", "withSequence": {"count": str(count)}}
    return {"name": "main", "dag": {"tasks": [task]}}


def calls(text: str, state: Path) -> int:
    """How many functions of Python are called in a run of a workflow."""
    count = 0

    def called(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(called)
    try:
        record = run_text(text, state)
    finally:
        sys.setprofile(None)
    assert record["phase"] == "Succeeded", record["message"]
    return count


@pytest.mark.parametrize("shape", [chain, loop, tasks_of_a_loop])
def test_a_step_costs_no_more_among_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: Any) -> None:
    monkeypatch.setattr(runner, "work_of", lambda _op, wanted, *_: Instant(wanted))
    monkeypatch.setattr(runner, "INTERVAL", 0.0)
    start, few, many = (calls(workflow([shape(count), NOOP]), tmp_path / str(count)) for count in (1, 50, 200))
    assert (many - start) / 199 < 1.3 * (few - start) / 49


@pytest.mark.parametrize("shape", [loop, tasks_of_a_loop])
def test_a_step_that_is_over_gives_its_lock_to_the_next(tmp_path: Path, shape: Any) -> None:
    locked = {**NOOP, "synchronization": {"mutexes": [{"name": "one"}]}}
    assert run_text(workflow([shape(3), locked], activeDeadlineSeconds=30), tmp_path)["phase"] == "Succeeded"
