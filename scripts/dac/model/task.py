"""What a task of a DAG says of itself, for the pictures of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LOOPS = ("withParam", "withItems", "withSequence")
_WORD = re.compile(r"[A-Za-z][\w-]*(?:\.\w+)?")


def needs(task: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (task, result that is waited for) of each that this one depends on; no result means success."""
    states_by_name: dict[str, list[str]] = {}
    for word in _WORD.findall(task.get("depends", "")):
        name, _, state = word.partition(".")
        states_by_name.setdefault(name, []).append(state.lower())
    for name in task.get("dependencies", []):
        states_by_name.setdefault(name, []).append("")
    return [
        (name, " or ".join(states) if any(states) and states != ["succeeded"] else "")
        for name, states in states_by_name.items()
    ]


def notes(task: Mapping[str, Any]) -> list[str]:
    """Return how often a task runs, in a few words each; nothing for one that runs once."""
    parts = []
    if "withParam" in task:
        parts.append("one pod a shard")
    if "withSequence" in task:
        parts.append("one after another")
    if "when" in task:
        parts.append("if needed")
    return parts
