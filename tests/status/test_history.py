"""What runs left in the state folder is read in the order in which they began, and nothing of it is passed over."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from dac.cli._runs import LocalRuns
from dac.cli.sweep import _records, _remove
from dac.load import load_pipelines
from dac.run.local.history import History

from tests.status.history import write_run, write_tree


def ran(root: Path, name: str, day: int, **more: Any) -> None:
    """Write a run of a day of November that succeeded."""
    times = {"started": f"2026-11-{day:02}T02:17:00Z", "finished": f"2026-11-{day:02}T02:20:00Z"}
    with ExitStack() as living:
        write_run(root, {"name": name, "phase": "Succeeded", "receipt": {}, **times, **more}, living)


def history(root: Path) -> History:
    return History(root / ".dac", root / ".dac/objects/artifacts")


def test_a_state_that_was_copied_keeps_its_order(tmp_path: Path) -> None:
    """All files are as old, or the oldest was copied last; the limit is of the newest runs."""
    for day in range(28, 8, -1):
        ran(tmp_path, f"search-202611{day:02}021700-ab12", day, record=day % 2 == 0 or False)
    names = [run.name for run in history(tmp_path).runs("docs", "search", 3)]
    assert names == [f"search-202611{day}021700-ab12" for day in (28, 27, 26)]


def test_a_run_of_which_a_receipt_is_left_is_found_by_its_name(tmp_path: Path) -> None:
    ran(tmp_path, "search-1", 3, record=False, receipt={"arguments": {"allow_loss": "true"}})
    run = history(tmp_path).find("search-1")
    assert run is not None
    assert (run.project, run.pipeline, run.phase) == ("docs", "search", "Succeeded")
    assert run.arguments == {"allow_loss": "true"}, "dac retry gives them again"
    assert history(tmp_path).find("search-2") is None


@pytest.mark.parametrize("folder", ["runs", "objects/artifacts/docs/search/receipts"])
def test_a_folder_that_may_not_be_read_is_not_taken_for_an_empty_one(
    tmp_path: Path, dac: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    write_tree(tmp_path)
    ran(tmp_path, "search-1", 3)
    listed = os.listdir

    def refused(path: Any = ".") -> list[str]:
        if str(path).endswith(folder):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "listdir", refused)
    done = dac("status", cwd=tmp_path)
    assert done.returncode == 2
    assert f"{folder}: Permission denied" in done.stderr


@pytest.mark.parametrize("words", [("status",), ("runs",), ("logs", "search-1"), ("stop", "search-1")])
def test_a_state_folder_that_is_not_there_is_a_slip(
    tmp_path: Path, dac: Callable[..., Any], words: tuple[str, ...]
) -> None:
    write_tree(tmp_path)
    done = dac(*words, "--state", "/no/such/folder", cwd=tmp_path)
    assert (done.returncode, "/no/such/folder is not there" in done.stderr) == (2, True)


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59", "1970-01-01T00:00"])
def test_a_moment_at_which_nothing_ran_is_refused(tmp_path: Path, dac: Callable[..., Any], at: str) -> None:
    write_tree(tmp_path)
    done = dac("status", "--at", at, cwd=tmp_path)
    assert (done.returncode, "give --at a moment" in done.stderr) == (2, True)


def test_records_of_a_pipeline_that_is_gone_go_and_so_does_half_of_one(tmp_path: Path) -> None:
    write_tree(tmp_path)
    for day in (1, 2):
        ran(tmp_path, f"search-{day}", day)
        ran(tmp_path, f"zoned-{day}", day, pipeline="zoned")
    (tmp_path / ".dac/runs/.search-0.gone/logs").mkdir(parents=True)
    pipelines = [each for each in load_pipelines(tmp_path, ["docs"])[0] if each.name != "zoned"]
    source = LocalRuns(tmp_path, None)
    due, stays = _records(source, pipelines, {"runs": 0, "gone": 0})
    assert {name: "its pipeline is gone" in why for name, why in due} == {
        "search-1": False, "zoned-1": True, "zoned-2": True
    }  # fmt: skip
    assert [run.name for run in stays] == ["search-2"]
    assert _remove(source, [name for name, _ in due])
    assert [path.name for path in (tmp_path / ".dac/runs").iterdir()] == ["search-2"]


def test_a_record_that_cannot_be_removed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tree(tmp_path)
    ran(tmp_path, "search-1", 1)

    def refused(self: Path, target: Path) -> Path:
        raise OSError(30, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "rename", refused)
    assert not _remove(LocalRuns(tmp_path, None), ["search-1"])
    assert "runs/search-1: Read-only file system; it stays" in capsys.readouterr().err


@pytest.mark.parametrize("first", ["[" * 60_000, "\udcff", '{"process": true}', "{}", ""])
def test_events_of_nonsense_belong_to_nobody_and_end_nothing(
    tmp_path: Path, dac: Callable[..., Any], first: str
) -> None:
    write_tree(tmp_path)
    folder = tmp_path / ".dac/runs/odd"
    folder.mkdir(parents=True)
    (folder / "events.jsonl").write_text(first + "\n", errors="surrogateescape")
    (folder / "result.json").write_text(json.dumps({"version": 1, "phase": "Failed", "nodes": []}))
    for words, code in ((("status",), 0), (("runs",), 0), (("logs", "odd"), 1), (("stop", "odd"), 2)):
        done = dac(*words, cwd=tmp_path)
        assert done.returncode == code, done.stderr
        assert "defect" not in done.stderr
