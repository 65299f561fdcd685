"""What a run's record and receipt say of it: how long it took, what was decided, what it cost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dac.cli._moments import span
from dac.model.run_record import RunRecord


def took(run: RunRecord) -> str:
    """Return how long a run took; empty where it has not ended, or a time is missing."""
    if run.started is None or run.finished is None or run.active:
        return ""
    return span(run.finished - run.started)


def verdicts(run: RunRecord) -> str:
    """Return what the run decided, from its receipt."""
    return _facts((run.receipt or {}).get("verdicts"))


def cost(run: RunRecord) -> str:
    """Return what the run cost, from its receipt."""
    return _facts((run.receipt or {}).get("cost"))


def _facts(facts: Any) -> str:
    if not isinstance(facts, dict):
        return "-"
    shown = [_fact(name, value) for name, value in facts.items() if value not in (None, False, [], "")]
    return ", ".join(shown) or "-"


def _fact(name: str, value: Any) -> str:
    word = name.replace("_", " ")
    if value is True:
        return word
    if isinstance(value, float):
        return f"{word} {value:.4g}"
    return f"{word} {', '.join(map(str, value))}" if isinstance(value, list) else f"{word} {value}"


def run_json(run: RunRecord) -> dict[str, Any]:
    """Return a run as data."""
    receipt = run.receipt or {}
    return {
        "name": run.name,
        "phase": run.phase or "Pending",
        "message": run.message,
        "started": _iso(run.started),
        "finished": _iso(run.finished),
        "receipt": run.receipt is not None,
        "verdicts": receipt.get("verdicts"),
        "cost": receipt.get("cost"),
        "problems": list(run.problems),
        "dry_runs": {step.name: step.dry_run for step in run.steps if step.dry_run},
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
