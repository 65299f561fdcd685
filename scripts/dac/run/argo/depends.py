"""`depends` and `dependencies` of a DAG's tasks (workflow/common/ancestry.go)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dac.run.argo.node import JSON

RESULTS = ("Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed")
_NAME = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+)|([a-zA-Z0-9][-a-zA-Z0-9]*)")
_RESULT = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+)")


def resolve(task: JSON, tasks: Mapping[str, JSON]) -> tuple[list[str], str]:
    """Return the tasks that a task depends on, in order of mention, and its condition with every name spelled out.

    `A` is (A.Succeeded || A.Skipped || A.Daemoned), with A's own continueOn added.
    """
    logic = task.get("depends") or " && ".join(
        _spelled(name, tasks.get(name, {})) for name in task.get("dependencies", [])
    )
    names: dict[str, None] = {}

    def spell(match: re.Match[str]) -> str:
        if match[1]:
            names[match[1].split(".")[0]] = None
            return match[1]
        names[match[2]] = None
        return _spelled(match[2], tasks.get(match[2], {}))

    spelled = _NAME.sub(spell, logic)
    return list(names), spelled


def _continues_on(task: JSON, result: str) -> bool:
    return bool(task.get("continueOn", {}).get(result))


def _spelled(name: str, task: JSON) -> str:
    results = ["Succeeded", "Skipped", "Daemoned"]
    results += ["Errored"] if _continues_on(task, "error") else []
    results += ["Failed"] if _continues_on(task, "failed") else []
    return "(" + " || ".join(f"{name}.{result}" for result in results) + ")"


def item_results(task: JSON) -> list[str]:
    """Return the tasks whose .AnySucceeded or .AllFailed a task's condition asks for."""
    return [name for name, result in _results(task) if result in ("AnySucceeded", "AllFailed")]


def unknown_results(task: JSON) -> list[tuple[str, str]]:
    """Return the task and the result of each condition that asks for an unknown result."""
    return [(name, result) for name, result in _results(task) if result not in RESULTS]


def _results(task: JSON) -> list[tuple[str, str]]:
    matches = (match.split(".") for match in _RESULT.findall(task.get("depends", "")))
    return [(name, result) for name, result in matches]


def truths(phase: str, daemoned: bool, children: list[str] | None) -> dict[str, Any]:
    """Return what a condition sees of a task.

    Args:
        phase: of its node.
        daemoned: whether it is a daemon that is up.
        children: phases of a loop's tasks; None for a task that is not a loop.
    """
    return {
        "Succeeded": phase == "Succeeded",
        "Failed": phase == "Failed",
        "Errored": phase == "Error",
        "Skipped": phase == "Skipped",
        "Omitted": phase == "Omitted",
        "Daemoned": daemoned and phase != "Pending",
        "AnySucceeded": "Succeeded" in (children or []),
        "AllFailed": bool(children) and all(child == "Failed" for child in children or []),
    }
