"""fine-tuning@v1 as it is rendered, with its real programs: however training ends, the evaluations beside it end too.

`make demo-train` shows a training that succeeds; here training fails, and is killed for good after a checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

ROOT = Path(__file__).resolve().parents[2]
DAC = Path(sys.executable).parent / "dac"
ROWS = 500
T = TypeVar("T")

pytestmark = pytest.mark.image


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A state folder whose object store has a small dataset and a base model, and the dataset's pinned address."""
    state = tmp_path_factory.mktemp("state")
    python = subprocess.check_output([ROOT / "images/env.sh", "train"], text=True).strip() + "/bin/python"
    folders = os.pathsep.join(str(ROOT / name) for name in ("images/train", "images", "tests/demo"))
    environ = {**os.environ, "PYTHONPATH": folders, "OBJECTS": f"file://{state}/objects"}

    def program(*command: str) -> None:
        subprocess.run([python, "-m", *command], env=environ, check=True, capture_output=True)

    program("dataset_packages", "--out", "s3://package-metadata")
    whole = state / "objects/package-metadata/requirements.jsonl"
    few = b"".join(whole.read_bytes().splitlines(keepends=True)[:ROWS])
    (whole.parent / "few.jsonl").write_bytes(few)
    program("base_model", "--dataset", "s3://package-metadata/few.jsonl", "--out", "s3://models/small-extractor")
    (state / "bindings.yaml").write_text('endpoints:\n  mlflow: ""\n')
    return state, f"s3://package-metadata/few.jsonl@sha256:{hashlib.sha256(few).hexdigest()}"


def _start(offered: tuple[Path, str], name: str, **parameters: str) -> subprocess.Popen[bytes]:
    state, dataset = offered
    given = [f"-p{key}={value}" for key, value in {"dataset": dataset, **parameters}.items()]
    command = [DAC, "run", "package-metadata/extract", "--name", name, "--state", state, *given]
    command += ["--bindings", state / "bindings.yaml"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _ended(offered: tuple[Path, str], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands of a run: phase by display name of its nodes, and its receipt."""
    state, _ = offered
    result = json.loads((state / "runs" / name / "result.json").read_text())
    nodes = {node["name"].removeprefix(f"{name}."): node for node in result["nodes"]}
    receipts = state / "objects/dac-artifacts/package-metadata/extract/receipts"
    return nodes, json.loads((receipts / f"{name}.json").read_text())


def _phases(nodes: dict[str, Any], task: str) -> set[str]:
    """The phases of a task's node and of all within it."""
    return {node["phase"] for name, node in nodes.items() if name.startswith(task)}


def _awaited(nodes: dict[str, Any]) -> list[str]:
    """What the wait of each evaluation gave, in order: a checkpoint's step, or none."""
    waits = {name: node for name, node in nodes.items() if name.endswith(".await")}
    return [node["parameters"]["step"] for _, node in sorted(waits.items())]


def _training(state: Path) -> int | None:
    """The process that trains, None while there is none."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if command[1:3] == [b"-m", b"train"] and str(state).encode() in (folder / "environ").read_bytes():
                return int(folder.name)
        except OSError:
            continue
    return None


def _checkpoint(state: Path) -> Path | None:
    """The end marker of a checkpoint, None while there is none."""
    return next((state / "objects/dac-artifacts").rglob("checkpoints/*/DONE"), None)


def _until(ready: Callable[[], T | None], run: subprocess.Popen[bytes]) -> T:
    while (value := ready()) is None:
        assert run.poll() is None, "the run ended before"
        time.sleep(0.02)
    return value


def test_evaluations_end_when_training_fails(offered: tuple[Path, str]) -> None:
    """The loss is not finite after a step: 65, tried once, and evaluations that wait for checkpoints end.

    At this rate the weights' products are beyond float32's largest number, however a processor rounds.
    """
    run = _start(offered, "fails", rate="1e30")
    assert run.wait(timeout=1800) == 1
    nodes, receipt = _ended(offered, "fails")
    tries = [node for name, node in nodes.items() if name.startswith("train(")]
    assert [(node["phase"], node["exitCode"]) for node in tries] == [("Failed", "65")]
    assert _phases(nodes, "evaluations") <= {"Succeeded", "Skipped", "Omitted"}
    assert _awaited(nodes) == ["0", *["none"] * (len(_awaited(nodes)) - 1)]
    assert (nodes["mark-end"]["phase"], nodes["promote"]["phase"]) == ("Succeeded", "Omitted")
    assert list(receipt["results"]["scorecards"]) == ["0"]
    assert receipt["status"] == "Failed"
    assert "dataset lines" in json.loads(receipt["failures"][-1]["lines"][-1])["message"]


def test_evaluations_end_when_training_is_killed(offered: tuple[Path, str]) -> None:
    """Killed after its first checkpoint and again in its second try, which is the last after a 137."""
    state, _ = offered
    run = _start(offered, "killed", epochs="30")
    _until(lambda: _checkpoint(state), run)
    first = _until(lambda: _training(state), run)
    os.kill(first, signal.SIGKILL)
    os.kill(_until(lambda: pid if (pid := _training(state)) != first else None, run), signal.SIGKILL)
    assert run.wait(timeout=1800) == 1
    nodes, receipt = _ended(offered, "killed")
    tries = [node for name, node in nodes.items() if name.startswith("train(")]
    assert [(node["phase"], node["exitCode"]) for node in tries] == [("Failed", "137"), ("Failed", "137")]
    awaited = _awaited(nodes)
    assert awaited[0] == "0"
    assert awaited[1] != "none"
    assert awaited[-1] == "none"
    assert _phases(nodes, "evaluations") <= {"Succeeded", "Skipped", "Omitted"}
    assert sorted(receipt["results"]["scorecards"]) == sorted(step for step in awaited if step != "none")
    assert receipt["status"] == "Failed"
