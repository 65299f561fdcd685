"""JSON lines on stderr: one event a line, for people and machines alike."""

import os
import sys
import time
from typing import Any

import orjson


def _line(level: str, event: str, fields: dict[str, Any]) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    record = {"time": stamp, "level": level, "step": os.environ.get("STEP", ""), "event": event, **fields}
    sys.stderr.write(orjson.dumps(record, default=str).decode() + "\n")
    sys.stderr.flush()


def info(event: str, **fields: Any) -> None:
    """Writes one event."""
    _line("info", event, fields)


def warning(event: str, message: str, **fields: Any) -> None:
    """Writes what a person should see although the step goes on."""
    _line("warning", event, {"message": message, **fields})


def error(event: str, message: str, **fields: Any) -> None:
    """Writes why a step ends."""
    _line("error", event, {"message": message, **fields})
