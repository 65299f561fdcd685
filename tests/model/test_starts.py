"""How many runs a month may have: against every window of days, counted moment by moment as the calendar does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from dac.calendar import Firings
from dac.model.bounds import Bounds
from dac.model.starts import Starts

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("cron", "zone", "fewest", "most"),
    [
        ("0 3 * * *", "Etc/UTC", 30, 30),
        ("H H(0-5) * * *", "Etc/UTC", 30, 30),
        ("0 * * * *", "Etc/UTC", 720, 720),
        ("0 3 * * 0", "Etc/UTC", 4, 5),
        ("0 0 1 * *", "Etc/UTC", 0, 2),  # those from 2 January hold no first, those from 1 February two
        ("0 0 1 1 *", "Etc/UTC", 0, 1),
        ("0 0 29 2 *", "Etc/UTC", 0, 1),
        ("0 0 13 * 5", "Etc/UTC", 4, 7),  # either kind of day is enough
        # The clock is changed at 02:00 in spring and at 03:00 in autumn: 02:30 is skipped once and shown twice once.
        ("30 2 * * *", BERLIN, 29, 31),
        ("30 4 * * *", BERLIN, 30, 30),
        ("30 2 * * 1", BERLIN, 4, 5),  # it is changed on Sundays
    ],
)
def test_starts_within_thirty_days(cron: str, zone: str, fewest: int, most: int) -> None:
    assert Starts().of(cron, zone) == Bounds(float(fewest), float(most))


@pytest.mark.parametrize("cron", ["30 2 * * *", "0 */6 * * 0", "0 0 1,15 * *"])
def test_no_window_of_the_calendar_is_outside(cron: str) -> None:
    """The calendar's own firings are counted from each fifth day of a year on, in a zone whose clock changes."""
    bounds = Starts().of(cron, BERLIN)
    first = datetime(2026, 12, 31, 23, tzinfo=UTC)
    for day in range(0, 365, 5):
        count = len(Firings(first + timedelta(days=day), 30).of(cron, BERLIN))
        assert bounds.least - 1 <= count <= (bounds.most or 0) + 1  # an hour may fall on either side of the edge
