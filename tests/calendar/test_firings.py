"""Moments at which cron lines fire. What a changed clock does is as in robfig/cron's spec_test.go, which Argo uses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from dac.calendar import Firings, Switch, next_firing

HOURLY = [f"11-{4 + (4 + hour) // 24:02}T{(4 + hour) % 24:02}:00" for hour in range(24)]
NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"


def fired(cron: str, zone: str, start: str, days: int) -> list[str]:
    firings = Firings(datetime.fromisoformat(start).replace(tzinfo=UTC), days)
    return [moment.strftime("%m-%dT%H:%M") for moment in firings.of(cron, zone)]


@pytest.mark.parametrize(
    ("cron", "zone", "start", "days", "expected"),
    [
        ("30 4 * * *", "Etc/UTC", "2026-11-28T00:00", 2, ["11-28T04:30", "11-29T04:30"]),
        ("30 4 * * *", "Etc/UTC", "2026-11-28T04:31", 1, ["11-29T04:30"]),
        ("30 4 * * *", "Asia/Kolkata", "2026-11-28T00:00", 1, ["11-28T23:00"]),
        ("0 0 * * 0", "Etc/UTC", "2026-11-28T00:00", 7, ["11-29T00:00"]),
        ("0 0 13 * 5", "Etc/UTC", "2026-11-09T00:00", 7, ["11-13T00:00"]),  # both restricted: either is enough
        ("0 0 10 * 5", "Etc/UTC", "2026-11-09T00:00", 7, ["11-10T00:00", "11-13T00:00"]),
        ("0 0 */2 * 5", "Etc/UTC", "2026-11-09T00:00", 3, ["11-09T00:00", "11-11T00:00"]),  # not a star
        ("0 0 29 2 *", "Etc/UTC", "2028-02-28T00:00", 3, ["02-29T00:00"]),
        # The clock goes back at 02:00: what is due at 01:00 runs twice.
        ("0 1 * * *", NEW_YORK, "2012-11-04T00:00", 1, ["11-04T05:00", "11-04T06:00"]),
        ("0 2 * * *", NEW_YORK, "2012-11-04T00:00", 1, ["11-04T07:00"]),
        # It goes forward at 02:00: what is due at 02:00 does not run, what is due at 01:00 and 03:00 runs once.
        ("0 2 * * *", NEW_YORK, "2012-03-11T05:00", 1, []),
        ("0 1 * * *", NEW_YORK, "2012-03-11T05:00", 1, ["03-11T06:00"]),
        ("0 3 * * *", NEW_YORK, "2012-03-11T05:00", 1, ["03-11T07:00"]),
        # Each hour runs through the change without a gap.
        (
            "0 * * * *",
            NEW_YORK,
            "2012-11-04T04:00",
            1,
            [f"11-{4 + (4 + h) // 24:02}T{(4 + h) % 24:02}:00" for h in range(24)],
        ),
    ],
)
def test_when_it_fires(cron: str, zone: str, start: str, days: int, expected: list[str]) -> None:
    assert fired(cron, zone, start, days) == expected


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("30 2 * * *", [Switch(date(2027, 3, 28), 0, "02:30")]),
        ("30 3 * * *", []),
        ("30 2 * * 1", []),
    ],
)
def test_a_moment_that_the_clock_skips_is_named(cron: str, expected: list[Switch]) -> None:
    assert Firings(datetime(2027, 3, 26, tzinfo=UTC), 5).switches(cron, BERLIN) == expected


def test_a_moment_that_the_clock_repeats_is_named() -> None:
    firings = Firings(datetime(2027, 10, 29, tzinfo=UTC), 5)
    assert firings.switches("30 2 * * *", BERLIN) == [Switch(date(2027, 10, 31), 2, "02:30")]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("30 4 * * *", "Etc/UTC", "2026-11-28T04:29:59", "2026-11-28T04:30"),
        ("30 4 * * *", "Etc/UTC", "2026-11-28T04:30", "2026-11-29T04:30"),
        ("0 2 * * 1", BERLIN, "2026-11-28T00:00", "2026-11-30T01:00"),
        ("0 0 29 2 *", "Etc/UTC", "2028-03-01T00:00", "2032-02-29T00:00"),
        ("30 2 * * *", BERLIN, "2027-03-28T00:00", "2027-03-29T00:30"),  # the clock skips 02:30 on the 28th
        ("0 1 * * *", NEW_YORK, "2012-11-04T05:00", "2012-11-04T06:00"),  # it shows 01:00 twice
    ],
)
def test_when_it_fires_next(cron: str, zone: str, after: str, expected: str) -> None:
    moment = next_firing(cron, zone, datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert moment == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("cron", ["*/7 1-3 * * *", "15 2 * 3,10,11 *", "0 * * * 0"])
@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN, "Australia/Lord_Howe", "Asia/Kolkata"])
@pytest.mark.parametrize("start", ["2026-03-07T00:00", "2026-03-28T00:00", "2026-10-03T12:00", "2026-10-31T00:00"])
def test_the_next_is_the_first_of_all(cron: str, zone: str, start: str) -> None:
    """Both ways of finding firings agree, on days when clocks are changed too."""
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    moments, reckoned, moment = Firings(begin, 3).of(cron, zone), [], begin - timedelta(seconds=1)
    while (moment := next_firing(cron, zone, moment)) and moment < begin + timedelta(days=3):
        reckoned.append(moment)
    assert reckoned == moments
