"""JSON lines on stderr, for people and machines alike; the last ones are kept for the receipt.

Each line holds time, level, the run's project, pipeline, run and step (where the environment names them), event (a word
for machines), message (for people, where there is one) and the event's own fields. No line holds the credentials of an
address.
"""

import os
import sys
import time
from collections import deque
from typing import Any

import orjson

from runtime.words import mask

LAST: deque[str] = deque(maxlen=20)

_RUN = (("project", "PROJECT"), ("pipeline", "PIPELINE"), ("run", "RUN_NAME"), ("step", "STEP"))


def _line(level: str, event: str, message: str, fields: dict[str, Any]) -> None:
    record: dict[str, Any] = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "level": level}
    record |= {key: value for key, variable in _RUN if (value := os.environ.get(variable))}
    record["event"] = event
    if message:
        record["message"] = message
    text = mask(orjson.dumps({**record, **fields}, default=str).decode())
    LAST.append(text)
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def info(event: str, message: str = "", **fields: Any) -> None:
    """Write one event."""
    _line("info", event, message, fields)


def warning(event: str, message: str = "", **fields: Any) -> None:
    """Write what a person should see although the step goes on."""
    _line("warning", event, message, fields)


def error(event: str, message: str = "", **fields: Any) -> None:
    """Write why a step ends."""
    _line("error", event, message, fields)
