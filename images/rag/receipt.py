"""receipt.json: what a run leaves behind. Schema: schemas/receipt.schema.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from step import Run

VERSION = 1


def address(run: Run) -> str:
    """Where the run's receipt is."""
    return f"{run.home}/receipts/{run.name}.json"


def parts(run: Run) -> dict[str, dict[str, Any]]:
    """What the steps left, by step, in the order in which they began."""
    found = [orjson.loads(run.objects.read(one["address"])) for one in run.objects.list(f"{run.folder}/steps")]
    return {one["step"]: one for one in sorted(found, key=lambda one: one["began"])}


def write(run: Run, facts: Mapping[str, Any]) -> None:
    """Writes the receipt, whole."""
    data = orjson.dumps({"version": VERSION, **facts}, option=orjson.OPT_INDENT_2)
    run.objects.write(address(run), data + b"\n")


def read(run: Run) -> dict[str, Any]:
    """The run's receipt. Raises FileNotFoundError."""
    found: dict[str, Any] = orjson.loads(run.objects.read(address(run)))
    return found
