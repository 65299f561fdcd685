"""What is due: values in, values out. The clock, the cluster and the store are asked elsewhere.

Kept is, in this order: what a run uses that goes on; what can be tried again; what is live, last good or a way back;
what is younger than its class's days. Whatever no line here names stays.
"""

import math
import time
from collections.abc import Mapping

from runtime.retention.item import (
    CHECKPOINTS,
    COLLECTION,
    DAYS,
    FIGURES,
    LOGS,
    MODEL,
    PIPELINE,
    RECEIPT,
    RUN,
    TOKENS,
    Decision,
    Item,
    Living,
)
from runtime.words import plural

_DAY = 86400.0


def decide(
    item: Item,
    living: Living,
    days: Mapping[str, float],
    kept: Mapping[tuple[str, str], str],
    since: Mapping[str, float],
    now: float,
) -> Decision:
    """Say what becomes of an item.

    Args:
        item: what was found.
        living: pipelines and runs that are there.
        days: how long each class is kept.
        kept: by class and run, or class and address, why it stays whatever its age.
        since: by `project/pipeline` and `project/`, when it was first missed, in seconds since the epoch.
        now: the time, in seconds since the epoch.
    """
    if why := _used(item, living):
        return Decision(item, False, why)
    there = living.has(item.project, item.pipeline)
    if why := kept.get((item.kind, item.address), ""):
        return Decision(item, False, why)
    if item.kind in (PIPELINE, FIGURES) or (item.kind in (TOKENS, COLLECTION, MODEL) and not there):
        return _gone(item, there, days["gone"], since, now)
    if item.kind == COLLECTION:
        return aged(
            item, "its pipeline moved to another store, and it is read by nobody", item.modified, days["gone"], now
        )
    if why := kept.get((item.kind, item.run), ""):
        return Decision(item, False, why)
    return aged(item, "unchanged", item.modified, days[DAYS[item.kind]], now)


def _used(item: Item, living: Living) -> str:
    """Return which run needs an item; empty where none does."""
    if item.kind in (PIPELINE, TOKENS, COLLECTION, MODEL, FIGURES):
        running = living.runs_now(item.project, item.pipeline)
        return f"a run of {item.project}/{item.pipeline or '*'} goes on" if running else ""
    if item.kind in (RUN, CHECKPOINTS, LOGS, RECEIPT, MODEL) and item.run in living.runs.get(item.project, frozenset()):
        return "its run is in the cluster"
    return ""


def _gone(item: Item, there: bool, days: float, since: Mapping[str, float], now: float) -> Decision:
    if there:
        return Decision(item, False, "its pipeline is there")
    missed = since.get(f"{item.project}/{item.pipeline}")
    if missed is None:
        return Decision(item, False, "it was not missed before")
    what = "its pipeline is gone" if item.pipeline else "its project is gone"
    return aged(item, what, missed, days, now)


def aged(item: Item, event: str, moment: float, days: float, now: float) -> Decision:
    """Decide by age alone: due once as many days have passed since the moment as its class is kept."""
    day = time.strftime("%Y-%m-%d", time.gmtime(moment))
    passed = (now - moment) / _DAY
    why = f"{event} since {day}, {plural(math.floor(passed), 'day')}; kept for {days:g}"
    return Decision(item, passed > days, why)


def missed(since: Mapping[str, float], present: Mapping[str, bool], now: float) -> dict[str, float]:
    """Return when each pipeline and project that is not there was first missed; one that is back begins anew.

    Args:
        since: what the sweep before this one noted.
        present: by `project/pipeline` and `project/` of which something lies in the store, whether it is there.
        now: the time, in seconds since the epoch.
    """
    return {name: since.get(name, now) for name, there in present.items() if not there}
