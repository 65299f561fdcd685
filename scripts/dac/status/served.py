"""What readers of a pipeline are served, as the newest receipt that says it has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dac.model.run_record import RunRecord, moment


@dataclass(frozen=True, slots=True)
class Served:
    """What is served.

    Attributes:
        what: in words: `index 1a2b3c4d5e6f`, `models.extract version 7`; empty where nothing is.
        since: when it was published.
        run: the run that published it.
    """

    what: str
    since: datetime | None = None
    run: str = ""


def served_of(runs: Iterable[RunRecord]) -> Served | None:
    """Return what is served, of a pipeline's runs, the newest first; None where no receipt says it.

    Every receipt says what is served when its run ends, whether by this run or by one before it.
    """
    for run in runs:
        if run.receipt is None or "served" not in run.receipt:
            continue
        served = run.receipt["served"]
        if not isinstance(served, dict):
            return Served("")
        return Served(str(served.get("what", "")), moment(served.get("since")), str(served.get("run", "")))
    return None
