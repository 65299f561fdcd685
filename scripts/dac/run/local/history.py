"""Reads what runs on this machine left: their records in the state folder, and their receipts."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from dac.model.receipt import NotAReceipt, parse_receipt
from dac.model.run_record import KILLED, UNKNOWN, RunRecord, StepRecord, moment, of_receipt, step_of
from dac.run.local.record import log_path

_LIMIT = 64 * 2**20  # bytes of a record that are read: 1,000 shards of 5 tries are 6 MB
_TAIL = 64 * 2**10  # bytes of a log's end that are read


class History:
    """The runs that a machine has kept.

    Args:
        state: the state folder, `.dac` unless another was named.
        receipts: the folder in which <project>/<pipeline>/receipts lie; None where it is none of this machine.
    """

    def __init__(self, state: Path, receipts: Path | None) -> None:
        self.state, self._receipts = state, receipts

    @cached_property
    def _folders(self) -> dict[tuple[str, str], list[Path]]:
        """The folders of runs by project and pipeline; both are empty where they are not known."""
        folders: dict[tuple[str, str], list[Path]] = {}
        for folder in self.state.glob("runs/*/"):
            if not folder.name.startswith("."):
                folders.setdefault(_owner(folder), []).append(folder)
        return folders

    def names(self) -> list[str]:
        """Return the names of all runs that have a record."""
        return sorted(folder.name for folders in self._folders.values() for folder in folders)

    def runs(self, project: str, pipeline: str, limit: int) -> list[RunRecord]:
        """Return a pipeline's runs, the newest first, at most `limit`; also those of which only a receipt is left."""
        folders = {folder.name: folder for folder in self._folders.get((project, pipeline), [])}
        receipts = self._receipt_files(project, pipeline)
        newest = sorted({**receipts, **folders}.items(), key=lambda item: (_modified(item[1]), item[0]), reverse=True)
        records = []
        for name, _ in newest[:limit]:
            record = _record(folders[name]) if name in folders else RunRecord(project, pipeline, name, UNKNOWN)
            records.append(_with_receipt(record, receipts.get(name)))
        return sorted(records, key=lambda record: record.order, reverse=True)

    def find(self, name: str) -> RunRecord | None:
        """Return the run of a name; None where there is none."""
        if name not in self.names():
            return None
        record = _record(self.state / "runs" / name)
        return _with_receipt(record, self._receipt_files(record.project, record.pipeline).get(name))

    def process(self, name: str) -> int | None:
        """Return the process that runs a run; None where none does."""
        folder = self.state / "runs" / name
        process = _started(folder).get("process")
        return process if isinstance(process, int) and process > 1 and _is_running(folder) else None

    def uid(self, name: str) -> str:
        """Return a run's uid, by which its files are named; empty where its record does not say."""
        return str(_started(self.state / "runs" / name).get("uid", ""))

    def remove(self, name: str) -> None:
        """Remove a run's record: out of sight first, so that a death leaves no half of one."""
        folder, gone = self.state / "runs" / name, self.state / "runs" / f".{name}.gone"
        folder.rename(gone)
        shutil.rmtree(gone)

    def _receipt_files(self, project: str, pipeline: str) -> dict[str, Path]:
        """Return the receipts of a pipeline, by the run's name."""
        if self._receipts is None or not project or not pipeline:
            return {}
        files = (self._receipts / project / pipeline / "receipts").glob("*.json")
        return {path.stem: path for path in files if path.is_file()}


def tail(step: StepRecord, lines: int | None) -> tuple[str, ...] | None:
    """Return the last lines of a step's log, or all of them; None where there is no log."""
    try:
        with Path(step.log).open("rb") as file:
            if lines is None:
                return tuple(file.read().decode("utf-8", "replace").splitlines())
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL))
            return tuple(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return None


def _owner(folder: Path) -> tuple[str, str]:
    start = _started(folder)
    if "pipeline" not in start:  # a record that an older dac left: its result says it
        result = _result(folder)[0] or {}
        return str(result.get("namespace", "")), _arguments(result).get("pipeline", "")
    return str(start.get("namespace", "")), str(start["pipeline"])


def _started(folder: Path) -> Mapping[str, Any]:
    """Return the first event of a run; empty where there is none that can be read."""
    try:
        with (folder / "events.jsonl").open("rb") as file:
            event = json.loads(file.readline(1 << 16))
    except (OSError, ValueError):
        return {}
    return event if isinstance(event, dict) else {}


def _is_running(folder: Path) -> bool:
    """Whether the process that writes a run's events still lives: it holds their lock."""
    try:
        with (folder / "events.jsonl").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _record(folder: Path) -> RunRecord:
    project, pipeline = _owner(folder)
    result, problem = _result(folder)
    if result is not None:
        return RunRecord(
            project,
            pipeline,
            folder.name,
            str(result.get("phase") or UNKNOWN),
            str(result.get("message") or ""),
            moment(result.get("startedAt")),
            moment(result.get("finishedAt")),
            tuple(_step(folder, node) for node in result.get("nodes", []) if isinstance(node, dict)),
            _arguments(result),
        )
    begun = moment(_started(folder).get("time"))
    if problem:
        return RunRecord(project, pipeline, folder.name, UNKNOWN, started=begun, problems=(problem,))
    steps, last = _steps_so_far(folder)
    if _is_running(folder):
        return RunRecord(project, pipeline, folder.name, "Running", started=begun, steps=steps)
    message = "its process ended without writing how the run went: it was killed, or the machine went down"
    return RunRecord(project, pipeline, folder.name, KILLED, message, begun, moment(last), steps)


def _result(folder: Path) -> tuple[Mapping[str, Any] | None, str]:
    """Return result.json, and why it cannot be read; neither where there is none."""
    path = folder / "result.json"
    try:
        with path.open("rb") as file:
            result = json.loads(file.read(_LIMIT))
    except FileNotFoundError:
        return None, ""
    except (OSError, ValueError, RecursionError) as error:
        return None, f"{folder.name}/result.json cannot be read: {error}"
    if not isinstance(result, dict) or not isinstance(result.get("nodes", []), list):
        return None, f"{folder.name}/result.json is not the record of a run"
    if result.get("version") != 1:
        return None, f"{folder.name}/result.json is of version {result.get('version')!r}, and this dac reads version 1"
    return result, ""


def _arguments(result: Mapping[str, Any]) -> dict[str, str]:
    listed = result.get("arguments") or []
    return {
        str(item["name"]): str(item.get("value", "")) for item in listed if isinstance(item, dict) and "name" in item
    }


def _step(folder: Path, node: Mapping[str, Any]) -> StepRecord:
    outputs = node.get("parameters") or {}
    return replace(
        step_of(folder.name, node, node.get("exitCode")),
        log=str(log_path(folder, str(node.get("name", "")))),
        outputs={str(key): str(value) for key, value in outputs.items()} if isinstance(outputs, dict) else {},
    )


def _steps_so_far(folder: Path) -> tuple[tuple[StepRecord, ...], str]:
    """Return the steps of a run that has no result, by its events, and the time of the last event."""
    steps: dict[str, StepRecord] = {}
    last = ""
    try:
        lines = (folder / "events.jsonl").read_bytes().splitlines()
    except OSError:
        return (), ""
    for line in lines:
        try:
            event = json.loads(line)
            last = str(event["time"])
        except (ValueError, KeyError, TypeError):
            continue  # the last line of a run that was killed while it wrote
        if event.get("event") == "node":
            steps[event["name"]] = _step(folder, event)
    return tuple(steps.values()), last


def _with_receipt(record: RunRecord, path: Path | None) -> RunRecord:
    """Return a run with its receipt, which says how a run went that has no record."""
    if path is None:
        return record
    try:
        with path.open("rb") as file:
            receipt = parse_receipt(file.read(_LIMIT))
    except (OSError, NotAReceipt) as error:
        return replace(record, problems=(*record.problems, f"receipt {path.name}: {error}"))
    return of_receipt(record, receipt)


def _modified(path: Path) -> float:
    try:
        return (path / "events.jsonl" if path.is_dir() else path).stat().st_mtime
    except OSError:
        return 0.0
