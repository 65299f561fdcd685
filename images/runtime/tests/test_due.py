"""What the sweeper decides of each class of what runs leave: by its days, and by what lives."""

from dataclasses import replace
from typing import Any

import pytest
from kept import DAY, DAYS, HOME, LIVING, NOW
from runtime.retention import decisions
from runtime.retention.item import CHECKPOINTS, COLLECTION, LOGS, PIPELINE, RECEIPT, RUN, TOKENS, Item


def item(kind: str, age: float, **more: Any) -> Item:
    """An item of docs/search, written so many days ago."""
    return replace(Item(kind, f"{HOME}/x", "docs", "search", modified=NOW - age * DAY), **more)


CASES = {
    "a run's files within their days": (item(RUN, 30, run="uid-1"), False, "unchanged since 2026-12-16, 30 days"),
    "a run's files past their days": (item(RUN, 31, run="uid-1"), True, "since 2026-12-15, 31 days; kept for 30"),
    "the files of a run in the cluster": (item(RUN, 900, run="uid-flying"), False, "its run is in the cluster"),
    "its checkpoints": (item(CHECKPOINTS, 900, run="uid-flying"), False, "its run is in the cluster"),
    "its logs, by its name": (item(LOGS, 900, run="search-flying", pipeline=""), False, "its run is in the cluster"),
    "checkpoints past their days": (item(CHECKPOINTS, 15, run="uid-1"), True, "kept for 14"),
    "what is last good": (item(RUN, 900, run="uid-good"), False, "the newest run that succeeded"),
    "a receipt past its days": (item(RECEIPT, 401, run="search-1"), True, "kept for 400"),
    "tokens while any run goes on": (item(TOKENS, 900, pipeline=""), False, "a run of docs/* goes on"),
    "tokens of another project": (item(TOKENS, 61, pipeline="", project="gone"), False, "it was not missed before"),
    "a pipeline that is there": (item(PIPELINE, 900, pipeline="train"), False, "its pipeline is there"),
    "a pipeline missed too short a time": (item(PIPELINE, 900, pipeline="old"), False, "since 2026-10-27, 80 days"),
    "a pipeline that is gone": (item(PIPELINE, 0, pipeline="older"), True, "2026-10-07, 100 days; kept for 90"),
    "its collection": (item(COLLECTION, 0, pipeline="older"), True, "kept for 90"),
    "a gone pipeline with a run": (item(PIPELINE, 900, project="flying", pipeline="a"), False, "a run of flying/a"),
    "a gone pipeline and a run of nobody": (item(PIPELINE, 900, project="nobody", pipeline="a"), False, "goes on"),
    "a collection left lately": (item(COLLECTION, 90, pipeline="train"), False, "moved to another store"),
    "a collection in a former store": (item(COLLECTION, 91, pipeline="train"), True, "moved to another store"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_due(name: str) -> None:
    """Each class by its days; what a run uses, and what is last good, whatever its age."""
    subject, due, why = CASES[name]
    flying = {**LIVING.in_flight, "flying": frozenset({"a"}), "nobody": frozenset({"*"})}
    since = {"docs/older": NOW - 100 * DAY, "docs/old": NOW - 80 * DAY, "flying/a": 0.0, "nobody/a": 0.0}
    kept = {(RUN, "uid-good"): "the newest run that succeeded"}
    decision = decisions.decide(subject, replace(LIVING, in_flight=flying), DAYS, kept, since, NOW)
    assert (decision.due, why in decision.why) == (due, True), decision.why
