"""JSON lines on stderr: one event a line, for people and machines alike; the last ones are kept for the receipt."""

import os
import sys
import time
from collections import deque
from typing import Any

import orjson

LAST: deque[str] = deque(maxlen=20)


def _line(level: str, event: str, fields: dict[str, Any]) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    record = {"time": stamp, "level": level, "step": os.environ.get("STEP", ""), "event": event, **fields}
    text = orjson.dumps(record, default=str).decode()
    LAST.append(text)
    sys.stderr.write(text + "\n")
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
