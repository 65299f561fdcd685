"""What a run leaves in the state folder: events.jsonl as it goes, logs/<node>.log, result.json at the end."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dac.run.argo.node import JSON, Node
from dac.run.argo.scope import rfc3339
from dac.run.argo.state import RunState


class Record:
    """The folder of one run; its events.jsonl is locked (flock) as long as the run goes on, whoever ends it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._events = (folder / "events.jsonl").open("a", encoding="utf-8")
        with suppress(OSError):  # a file system without locks: the run cannot be told from one that was killed
            fcntl.flock(self._events, fcntl.LOCK_EX)
        self._seen: dict[str, tuple[str, str]] = {}

    def begin(self, op: RunState) -> None:
        """Write whose run it is and which process runs it, before anything starts."""
        identity = op.identity
        arguments = {p["name"]: p.get("value") for p in op.spec.get("arguments", {}).get("parameters", [])}
        self.event(
            event="start",
            name=identity.name,
            uid=identity.uid,
            namespace=identity.namespace,
            pipeline=arguments.get("pipeline") or "",
            process=os.getpid(),
        )

    def event(self, **fields: Any) -> None:
        """Add a line to events.jsonl, with the time."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **fields}
        self._events.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._events.flush()

    def changes(self, nodes: Sequence[Node]) -> list[Node]:
        """Return those of the nodes whose phase or message changed since the last call, and write each as an event."""
        changed = []
        for node in nodes:
            state = (node.phase, node.message)
            if self._seen.get(node.id) != state:
                self._seen[node.id] = state
                changed.append(node)
                self.event(event="node", name=node.name, type=node.type, phase=node.phase, message=node.message)
        return changed

    def log(self, node: Node) -> Path:
        """Return the file that a node's containers write to."""
        return log_path(self.folder, node.name)

    def result(self, op: RunState) -> JSON:
        """Write result.json, and return what is in it."""
        content = result(op)
        beside = self.folder / ".result.json.new"
        beside.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(beside, self.folder / "result.json")
        return content

    def close(self) -> None:
        """Close events.jsonl."""
        self._events.close()


def log_path(folder: Path, node: str) -> Path:
    """Return the file that the containers of a node, given by its name, write to in a run's folder."""
    return folder / "logs" / (re.sub(r"[^A-Za-z0-9._()\[\]:-]", "_", node)[-180:] + ".log")


def result(op: RunState) -> JSON:
    """Return a run as data: its phase, its arguments and every node, in the shape of a Workflow's status."""
    identity = op.identity
    return {
        "version": 1,
        "name": identity.name,
        "namespace": identity.namespace,
        "uid": identity.uid,
        "phase": op.phase,
        "message": op.message,
        "startedAt": rfc3339(op.started) if op.started else None,
        "finishedAt": rfc3339(op.finished) if op.finished else None,
        "arguments": op.spec.get("arguments", {}).get("parameters", []),
        "outputs": op.outputs,
        "nodes": [_node(op, node) for node in op.nodes],
    }


def _node(op: RunState, node: Node) -> JSON:
    outputs = node.outputs or {}
    inputs = node.inputs or {}
    return {
        "id": node.id,
        "name": node.name,
        "displayName": node.display,
        "type": node.type,
        "templateName": node.template,
        "boundaryID": node.boundary,
        "phase": node.phase,
        "message": node.message,
        **({"dryRun": node.dry_run} if node.dry_run else {}),
        "inputs": {p["name"]: p.get("value") for p in inputs.get("parameters", [])},
        "parameters": {p["name"]: p.get("value") for p in outputs.get("parameters", [])},
        "artifacts": {a["name"]: a.get("key") for a in outputs.get("artifacts", [])},
        "result": outputs.get("result"),
        "exitCode": outputs.get("exitCode"),
        "children": [op.nodes.by_id[child].name for child in node.children if child in op.nodes.by_id],
        "startedAt": rfc3339(node.started),
        "finishedAt": rfc3339(node.finished) if node.finished else None,
    }
