"""A run in the cluster, followed to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from dac.cluster.api import Objects, Unanswered

ENDED = ("Succeeded", "Failed", "Error")
PAUSE = 1.0  # seconds between two looks at a run
PATIENCE = 120.0  # seconds for which an API server may be away: a control plane that is replaced takes that long


def follow(objects: Objects, run: str, report: Callable[[str], None], pause: float = PAUSE) -> str:
    """Report each step as it changes until the run has ended, and return the run's last phase.

    Args:
        objects: of the run's namespace.
        run: its name.
        report: gets each line as it comes.
        pause: seconds between two looks.

    Raises:
        ClusterError: there is no such run (any more), or the cluster did not answer for two minutes.
    """
    reported: dict[str, str] = {}
    away: float | None = None
    while True:
        try:
            status = objects.get("workflows", run).get("status", {})
        except Unanswered as error:
            if away is None:
                away = time.monotonic()
                report(f"{error}; asking again")
            elif time.monotonic() - away > PATIENCE:
                raise
        else:
            away = None
            for line in changes(run, status, reported):
                report(line)
            if status.get("phase") in ENDED:
                return str(status["phase"])
        time.sleep(pause)


def changes(run: str, status: Mapping[str, Any], reported: dict[str, str]) -> list[str]:
    """Return a line for each pod, and for the run, that changed since the last report.

    Args:
        run: its name.
        status: the Workflow's status.
        reported: node's id -> the line last reported, "" for the run; updated.
    """
    nodes: Mapping[str, Mapping[str, Any]] = status.get("nodes") or {}
    pods = sorted((n for n in nodes.values() if n.get("type") == "Pod"), key=lambda n: str(n.get("startedAt") or ""))
    seen = [(node["id"], node["displayName"], node) for node in pods] + [("", run, status)]
    lines = []
    for key, name, what in seen:
        phase, why = what.get("phase") or "", what.get("message") or ""
        line = f"{name} {phase}{f': {why}' if why else ''}"
        if phase and reported.get(key) != line:
            reported[key] = line
            lines.append(line)
    return lines
