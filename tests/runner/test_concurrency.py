"""How much runs at once: loops, locks and parallelism, within a run and between two."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from runner_harness import run_text
from workflows import command, fan, leaf, workflow

pytestmark = pytest.mark.exhaustive

NOW = "echo $(date +%s%N)"
COUNTED = f"{NOW} +1 >> $FOLDER/log; sleep 0.05; {NOW} -1 >> $FOLDER/log"


def at_once(folder: Path) -> int:
    """How many of the commands that wrote `<time> +1` and `<time> -1` to the folder's log ran at the same time."""
    events = sorted(line.split() for line in (folder / "log").read_text().splitlines())
    running = most = 0
    for _, step in events:
        running += int(step)
        most = max(most, running)
    return most


def test_a_loop_of_500_runs_every_one(tmp_path: Path) -> None:
    result = run_text(workflow(fan(500, leaf("true"))), tmp_path)
    pods = [node for node in result["nodes"] if node["type"] == "Pod"]
    assert (result["phase"], len(pods), {node["phase"] for node in pods}) == ("Succeeded", 500, {"Succeeded"})


@pytest.mark.parametrize(
    ("cap", "most"),
    [
        ({"synchronization": {"semaphores": [{"configMapKeyRef": {"name": "limits", "key": "two"}}]}}, 2),
        ({"synchronization": {"mutexes": [{"name": "one"}]}}, 1),
    ],
    ids=["semaphore", "mutex"],
)
def test_a_lock_is_never_held_by_more_than_it_has_places(cap: dict[str, Any], most: int, tmp_path: Path) -> None:
    text = workflow(fan(6, {**leaf(COUNTED), **cap}), tmp_path)
    result = run_text(text, tmp_path / "state", configmaps={"limits": {"two": "2"}})
    assert (result["phase"], at_once(tmp_path) <= most) == ("Succeeded", True)


@pytest.mark.parametrize("where", ["template", "workflow"])
def test_parallelism_is_never_exceeded(where: str, tmp_path: Path) -> None:
    own = {"parallelism": 2}
    tasks = fan(6, leaf(COUNTED), **(own if where == "template" else {}))
    text = workflow(tasks, tmp_path, **(own if where == "workflow" else {}))
    result = run_text(text, tmp_path / "state")
    assert (result["phase"], at_once(tmp_path) <= 2) == ("Succeeded", True)


def test_two_runs_at_once_share_a_mutex(tmp_path: Path, root: Path) -> None:
    file = tmp_path / "workflow.yaml"
    file.write_text(
        workflow(fan(2, leaf(COUNTED)), tmp_path, synchronization={"mutexes": [{"name": "pipeline"}]}, parallelism=1)
    )
    runs = [
        subprocess.Popen(command(file, tmp_path / "state"), cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    phases = [json.loads(run.communicate()[0])["phase"] for run in runs]
    assert (phases, at_once(tmp_path)) == (["Succeeded", "Succeeded"], 1)
