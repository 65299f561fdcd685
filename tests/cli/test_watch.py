"""What a terminal shows of a run: a line a step, and one a try only where one failed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dac import run
from dac.cli._progress import StepProgress, events
from dac.cli._watch import Watch, _tree
from dac.run.argo.controller import utc_now
from dac.run.argo.node import Node
from dac.run.local.record import log_path

WORKFLOW = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: w}
spec:
  entrypoint: main
  templates:
  - name: main
    retryStrategy: {limit: "1"}
    container: {image: busybox, command: [sh, -c, "test {{retries}} -ge FAILURES"]}
"""


@pytest.mark.parametrize(("failures", "names"), [(0, ["w"]), (1, ["w", "w(0)", "w(1)"])])
def test_a_step_is_one_line_unless_a_try_failed(tmp_path: Path, failures: int, names: list[str]) -> None:
    documents, _ = run.documents(WORKFLOW.replace("FAILURES", str(failures)), "w.yaml")
    images = run.Images(None, tmp_path, True)
    state, _ = run.run(
        run.assemble(documents, utc_now()), run.Request(tmp_path / "state", run.Bindings(), images, name="w")
    )
    assert [line.split()[1] for line in _tree(state, StepProgress(tmp_path)).plain.splitlines()[1:]] == names


def running(tmp_path: Path, text: str, phase: str = "Running") -> tuple[Node, StepProgress]:
    node = Node("w-1", "w.embed", "embed", "Pod", "embed", "w", phase, datetime.now(UTC))
    log = log_path(tmp_path, node.name)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(text)
    return node, StepProgress(tmp_path)


def event(message: str, **fields: object) -> str:
    return json.dumps({"event": "progress", "message": message, **fields}) + "\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain text\n", ""),
        ('{"event": "started", "message": "progress"}\n', ""),
        ('["progress"]\n', ""),
        ('{"event": "progress"\n', ""),
        (event("1 point"), "1 point"),
        (event("1 point") + event("2 points", per_second=1234.5), "2 points, 1,234/s"),
        (event("1 point") + "noise\n" + event("2 points").rstrip("\n"), "1 point"),
        (event("step 3/9, 5 s to go") + "x" * 300 + "\n", "step 3/9, 5 s to go"),
        (event("old") + "x" * 70_000 + "\n" + event("new"), "new"),
    ],
)
def test_a_running_step_says_how_far_it_is(text: str, shown: str, tmp_path: Path) -> None:
    node, progress = running(tmp_path, text)
    assert progress.of(node) == shown


def test_progress_follows_the_log_and_is_printed_seldom(tmp_path: Path) -> None:
    node, progress = running(tmp_path, event("1 point"))
    assert (progress.due(node), progress.due(node)) == ("1 point", "")
    with log_path(tmp_path, node.name).open("a") as log:
        log.write(event("2 points"))
    assert (progress.of(node), progress.due(node)) == ("2 points", "")
    node.phase = "Succeeded"
    assert progress.of(node) == ""


@pytest.mark.exhaustive
def test_a_step_that_takes_long_is_seen_at_work(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    line = event("7 points", per_second=3).strip()
    work = WORKFLOW.replace("test {{retries}} -ge FAILURES", f"echo '{line}' >&2; sleep 2.5".replace('"', '\\"'))
    documents, findings = run.documents(work, "w.yaml")
    assert not findings
    with Watch(tmp_path / "runs") as watch:
        images = run.Images(None, tmp_path, True)
        request = run.Request(tmp_path, run.Bindings(), images, name="w", watch=watch.changed)
        run.run(run.assemble(documents, utc_now()), request)
    assert "7 points, 3/s" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", []),
        ("not JSON, though it says summary\n", []),
        ('["summary"]\n{"event": "summary"}\n', []),
        ('{"event": "other", "message": "summary"}\n', []),
        ('{"event": "summary", "message": "a"}\n{"event": "summary", "message": "b"}\n', ["a", "b"]),
        ('{"event": "summary", "mess', []),
        ("x" * 70_000 + '\n{"event": "summary", "message": "last"}\n', ["last"]),
    ],
)  # fmt: skip
def test_what_a_step_summed_up_is_read_from_its_log(text: str, messages: list[str], tmp_path: Path) -> None:
    log = tmp_path / "step.log"
    log.write_text(text)
    assert events(log, "summary") == messages
    assert events(tmp_path / "none.log", "summary") == []


def test_the_end_of_a_run_shows_what_its_steps_summed_up(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    line = json.dumps({"event": "summary", "message": "exact_match 0.568 [0.533, 0.601]"})
    text = WORKFLOW.replace("test {{retries}} -ge FAILURES", f"echo '{line}'".replace('"', '\\"'))
    documents, findings = run.documents(text, "w.yaml")
    assert not findings
    images = run.Images(None, tmp_path, True)
    source = run.assemble(documents, utc_now())
    state, folder = run.run(source, run.Request(tmp_path / "state", run.Bindings(), images, name="w"))
    Watch(tmp_path / "state/runs").end(state, folder)
    assert "\nexact_match 0.568 [0.533, 0.601]\nw: Succeeded" in f"\n{capfd.readouterr().err}"
