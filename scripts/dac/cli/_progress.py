"""How far running steps are, by their own words: the last `progress` event in each one's log."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dac.run.argo.node import Node
from dac.run.local.record import log_path

_MOST = 64 * 1024  # bytes of a log that are read at once: only its last event counts
_PAUSE = 10.0  # seconds between two lines of a step where each stays on the screen


class StepProgress:
    """Reads the logs of one run's steps as they grow.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, int] = {}  # node id -> bytes of its log that were read
        self._messages: dict[str, str] = {}
        self._printed: dict[str, tuple[float, str]] = {}

    def of(self, node: Node) -> str:
        """Return what a running step last said of its progress; empty where it said nothing, or does not run."""
        if node.type != "Pod" or node.phase != "Running":
            return ""
        for message in self._new_messages(node):
            self._messages[node.id] = message
        return self._messages.get(node.id, "")

    def due(self, node: Node) -> str:
        """Return as `of`, but nothing twice, and seldom."""
        message, now = self.of(node), time.monotonic()
        at, printed = self._printed.get(node.id, (float("-inf"), ""))
        if not message or message == printed or now - at < _PAUSE:
            return ""
        self._printed[node.id] = (now, message)
        return message

    def _new_messages(self, node: Node) -> Iterator[str]:
        start = self._read.get(node.id, 0)
        try:
            with log_path(self._folder, node.name).open("rb") as log:
                size = log.seek(0, 2)
                start = max(start if start <= size else 0, size - _MOST)
                log.seek(start)
                data = log.read(_MOST)
        except OSError:  # it has not begun to write
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._read[node.id] = start + len(whole)
        for line in whole.splitlines():
            if b'"progress"' in line and (message := _message(line)):
                yield message


def events(log: Path, name: str) -> list[str]:
    """Return the messages of the events of a name at the end of a step's log."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - _MOST))
            read = [_event(line) for line in stream if f'"{name}"'.encode() in line]
    except OSError:  # a step that never started
        return []
    return [str(event["message"]) for event in read if event.get("event") == name and event.get("message")]


def _event(line: bytes) -> dict[str, Any]:
    """Return a line of a log as the event that it is; empty where it is none."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _message(line: bytes) -> str:
    """Return the message of a line that is a `progress` event, or its own fields; nothing of any other line."""
    event = _event(line)
    if event.get("event") != "progress":
        return ""
    rate = event.get("per_second")
    message = str(event.get("message") or "")
    return f"{message}, {rate:,.0f}/s" if isinstance(rate, (int, float)) and message else message
