"""Reads the folder of one run on this machine: whose it is, whether it goes on, how far it came, how it ended."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dac.model.run_record import ENDS, KILLED, UNKNOWN, RunRecord, StepRecord, moment, step_of
from dac.run.local.record import log_path

LIMIT = 64 * 2**20  # bytes of a record that are read: 1,000 shards of 5 tries are 6 MB


def owner(folder: Path) -> tuple[str, str]:
    """Return the project and the pipeline of a run; both are empty where its record does not say."""
    start = first_event(folder)
    if "pipeline" not in start:  # a record that an older dac left: its result says it
        result = _result(folder)[0] or {}
        return str(result.get("namespace", "")), _arguments(result).get("pipeline", "")
    return str(start.get("namespace", "")), str(start["pipeline"])


def first_event(folder: Path) -> Mapping[str, Any]:
    """Return the first event of a run; empty where there is none that can be read."""
    try:
        with (folder / "events.jsonl").open("rb") as file:
            event = json.loads(file.readline(1 << 16))
    except PermissionError:
        raise  # somebody else's run: not to be taken for none
    except (OSError, ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def is_running(folder: Path) -> bool:
    """Whether the process that writes a run's events still lives: it holds their lock."""
    try:
        with (folder / "events.jsonl").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def record_in(folder: Path) -> RunRecord:
    """Return what a run's folder says of it."""
    project, pipeline = owner(folder)
    result, problem = _result(folder)
    if result is not None:
        return RunRecord(
            project,
            pipeline,
            folder.name,
            result["phase"],
            str(result.get("message") or ""),
            moment(result.get("startedAt")),
            moment(result.get("finishedAt")),
            tuple(_step(folder, node) for node in result.get("nodes", []) if isinstance(node, dict)),
            _arguments(result),
        )
    begun = moment(first_event(folder).get("time"))
    if problem:
        return RunRecord(project, pipeline, folder.name, UNKNOWN, started=begun, problems=(problem,))
    steps, last = _steps_so_far(folder)
    if is_running(folder):
        return RunRecord(project, pipeline, folder.name, "Running", started=begun, steps=steps)
    message = "its process ended without writing how the run went: it was killed, or the machine went down"
    return RunRecord(project, pipeline, folder.name, KILLED, message, begun, moment(last), steps)


def _result(folder: Path) -> tuple[Mapping[str, Any] | None, str]:
    """Return result.json, and why it cannot be read; neither where there is none."""
    path = folder / "result.json"
    try:
        with path.open("rb") as file:
            result = json.loads(file.read(LIMIT))
    except FileNotFoundError:
        return None, ""
    except (OSError, ValueError, RecursionError) as error:
        return None, f"{folder.name}/result.json cannot be read: {error}"
    if not isinstance(result, dict) or not isinstance(result.get("nodes", []), list):
        return None, f"{folder.name}/result.json is not the record of a run"
    if result.get("version") == 1 and result.get("phase") not in ENDS:
        return None, f"{folder.name}/result.json says the phase {result.get('phase')!r}, in which no run ends"
    if result.get("version") != 1:
        return None, f"{folder.name}/result.json is of version {result.get('version')!r}, and this dac reads version 1"
    return result, ""


def _arguments(result: Mapping[str, Any]) -> dict[str, str]:
    listed = result.get("arguments")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return {str(item["name"]): str(item.get("value", "")) for item in items if "name" in item}


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
            if event.get("event") == "node":
                steps[str(event["name"])] = _step(folder, event)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue  # the last line of a run that was killed while it wrote
    return tuple(steps.values()), last
