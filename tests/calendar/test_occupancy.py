"""What an owner's runs may hold at once, and where another start would fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dac.calendar import Collision, Entry, collisions, free_slot

DAY = datetime(2026, 11, 28, tzinfo=UTC)


def entry(name: str, hour: int, gpus: int, owner: str = "team", hours: int = 4, times: int = 1) -> Entry:
    firings = tuple(DAY + timedelta(hours=hour, days=day) for day in range(times))
    return Entry(f"p/{name}", owner, f"0 {hour} * * *", "Etc/UTC", False, gpus, timedelta(hours=hours), firings)


def test_runs_that_overlap_are_added_up() -> None:
    entries = [entry("a", 1, 8), entry("b", 3, 4), entry("c", 6, 8), entry("d", 2, 99, "other"), entry("e", 1, 0)]
    span = Collision("team", DAY + timedelta(hours=3), DAY + timedelta(hours=5), 12, ("p/a", "p/b"))
    assert collisions(entries, {"team": 8, "other": 99}) == [span]
    assert collisions(entries, {"team": 12, "other": 99}) == []


def test_a_run_that_ends_as_another_starts_does_not_overlap() -> None:
    assert collisions([entry("a", 1, 8), entry("b", 5, 8)], {"team": 8}) == []


def test_a_pipeline_never_overlaps_itself() -> None:
    """Its concurrencyPolicy is Forbid: a start while it runs is skipped."""
    assert collisions([entry("a", 1, 8, hours=30, times=3)], {"team": 8}) == []


def test_a_free_slot_fits_beside_the_others() -> None:
    entries = [entry("a", 0, 8, hours=6), entry("b", 3, 4, hours=2)]
    assert free_slot(entries[1], entries, 8) == "06:00"
    assert free_slot(entries[1], entries, 12) == "00:00"
    assert free_slot(entries[1], [entry("a", 0, 8, hours=48), entries[1]], 8) == ""
    assert free_slot(entry("c", 0, 9), [], 8) == ""
