"""Writes a tree with three pipelines, and what runs of theirs would have left in its state folder."""

from __future__ import annotations

import fcntl
import json
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

JSON = dict[str, Any]
DECISIONS = {"search": "rag-indexing@v1", "answers": "eval-suite@v1", "zoned": "rag-indexing@v1"}
SCHEDULES = {
    "search": ("17 2 * * *", "Etc/UTC", False),
    "answers": ("0 0 1 1 *", "Etc/UTC", True),
    "zoned": ("30 2 * * *", "Europe/Berlin", False),
}
ENDPOINTS = """objects: {summary: objects, address: "https://objects.example.com", local: "file://{state}/objects"}
artifacts: {summary: artifacts, address: "s3://artifacts", local: "s3://artifacts"}
"""


def write_tree(root: Path) -> None:
    """Write a tree of one project, docs, with an index by night, a suite by hand, and an index in another zone."""
    project = root / "projects" / "docs"
    (project / "rendered" / "pipelines").mkdir(parents=True)
    pipelines = {name: {"standard": standard} for name, standard in DECISIONS.items()}
    (project / "decisions.yaml").write_text(yaml.safe_dump({"owner": "team-docs", "pipelines": pipelines}))
    for name, (cron, zone, suspend) in SCHEDULES.items():
        workflow = {"arguments": {"parameters": [{"name": "pipeline", "value": name}]}}
        spec = {"schedules": [cron], "timezone": zone, "suspend": suspend, "workflowSpec": workflow}
        manifest = {"kind": "CronWorkflow", "metadata": {"name": name, "namespace": "docs"}, "spec": spec}
        (project / "rendered" / "pipelines" / f"{name}.yaml").write_text(yaml.safe_dump(manifest))
    (root / "standards" / "catalog").mkdir(parents=True)
    (root / "standards" / "catalog" / "endpoints.yaml").write_text(ENDPOINTS)


def write_run(root: Path, run: JSON, living: ExitStack) -> None:
    """Write what one run left.

    Args:
        root: of the tree.
        run: name, pipeline, phase, started, finished, message, nodes, logs (a node's name -> its lines), receipt (a
            mapping over a sound one, a text as it is, or nothing), alive (whether its process lives), record (false
            where only the receipt is left; a text as result.json is).
        living: holds what a living process would hold.
    """
    name, pipeline = run["name"], run.get("pipeline", "search")
    folder = root / ".dac" / "runs" / name
    if run.get("record") is not False:
        write_record(folder, run, pipeline)
    if run.get("alive"):
        events = living.enter_context((folder / "events.jsonl").open("a"))
        fcntl.flock(events, fcntl.LOCK_EX)
    receipt = run.get("receipt")
    if receipt is None:
        return
    path = root / ".dac" / "objects" / "artifacts" / "docs" / pipeline / "receipts" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(receipt if isinstance(receipt, str) else json.dumps(receipt_of(run, pipeline) | receipt))


def write_record(folder: Path, run: JSON, pipeline: str) -> None:
    """Write the folder of a run: its events, its logs, and its result where it has ended."""
    name = run["name"]
    (folder / "logs").mkdir(parents=True)
    start = {"time": run["started"], "event": "start", "name": name, "uid": "u", "namespace": "docs"}
    events = [start | {"pipeline": pipeline, "process": 4242}]
    nodes = [{"type": "Pod", "message": "", **node, "name": f"{name}.{node['name']}"} for node in run.get("nodes", [])]
    events += [{"time": run.get("last", run["started"]), "event": "node", **node} for node in nodes]
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    for node, lines in run.get("logs", {}).items():
        file = re.sub(r"[^A-Za-z0-9._()\[\]:-]", "_", f"{name}.{node}") + ".log"
        (folder / "logs" / file).write_text("".join(f"{line}\n" for line in lines))
    if isinstance(run.get("record"), str):
        (folder / "result.json").write_text(run["record"])
    elif "phase" in run:
        times = {"startedAt": run["started"], "finishedAt": run.get("finished")}
        arguments = [{"name": "pipeline", "value": pipeline}]
        head = {
            "version": 1,
            "name": name,
            "namespace": "docs",
            "phase": run["phase"],
            "message": run.get("message", ""),
        }
        (folder / "result.json").write_text(json.dumps({**head, **times, "arguments": arguments, "nodes": nodes}))


def receipt_of(run: JSON, pipeline: str) -> JSON:
    """Return the receipt that a run would leave which has no more to say."""
    named = {
        "project": "docs",
        "pipeline": pipeline,
        "standard": DECISIONS[pipeline],
        "run": run["name"],
        "run_id": "u",
    }
    served = {"what": "index 1a2b3c4d5e6f", "since": run.get("finished"), "run": run["name"]}
    about = {"status": run.get("phase", "Succeeded"), "finished": run.get("finished"), "seconds": 600, "served": served}
    return {"version": 2, **named, **about, "failures": [], "verdicts": {"published": True}, "cost": {}}
