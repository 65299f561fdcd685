"""Cron lines as Argo's scheduler reads them, and moments that are derived from names."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from dac.model.schedule import firing_interval, longest_gap, parse_cron, settle_cron, timezone_known


@pytest.mark.parametrize(
    "text",
    ["* * * * *", "0 0 1 1 *", "*/15 8-18 * * mon-fri", "0,30 */2 1-7 JAN,jul 0", "H H(0-5) * * *", "5/10 ? * * ?"],
)
def test_accepts(text: str) -> None:
    assert len(parse_cron(text)) == 5


def test_values() -> None:
    minutes, hours, days, months, weekdays = parse_cron("5/20 8-18/5 1,15 jan-mar sun,tue")
    assert (minutes, hours, days, months, weekdays) == ({5, 25, 45}, {8, 13, 18}, {1, 15}, {1, 2, 3}, {0, 2})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("* * * *", "a cron line has five fields (minute hour day month weekday), not 4"),
        ("0 0 * * * *", "a cron line has five fields (minute hour day month weekday), not 6"),
        ("60 * * * *", 'invalid minute "60": it lies within 0-59'),
        ("* 24 * * *", 'invalid hour "24": it lies within 0-23'),
        ("* * 0 * *", 'invalid day of the month "0": it lies within 1-31'),
        ("* * * 13 *", 'invalid month "13": it lies within 1-12'),
        ("* * * * 7", 'invalid day of the week "7": it lies within 0-6; Sunday is 0'),
        ("* * * * foo", 'invalid day of the week "foo": it lies within 0-6'),
        ("*/0 * * * *", 'invalid minute "*/0": after "/" comes a step of 1 or more'),
        ("*/x * * * *", 'invalid minute "*/x": after "/" comes a step of 1 or more'),
        ("30-10 * * * *", 'invalid minute "30-10": the range runs backwards'),
        ("H(50-70) * * * *", 'invalid minute "H(50-70)": H\'s range lies within 0-59'),
        ("1, * * * *", 'invalid minute "": it lies within 0-59'),
        ("² * * * *", 'invalid minute "²": it lies within 0-59'),
        ("0 0 31 2,4 *", "no month in it has such a day, so it would never fire"),
        ("TZ=UTC 0 0 * *", 'invalid minute "TZ=UTC": it lies within 0-59'),
    ],
)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        parse_cron(text)


def test_the_29th_of_february_fires() -> None:
    assert parse_cron("0 0 29 2 *")[2] == {29}


def test_settled_lines_depend_on_the_name_alone() -> None:
    assert settle_cron("H H(0-5) * * 0", "docs/search") == settle_cron("H H(0-5) * * 0", "docs/search")
    assert settle_cron("5 4 * * 1", "docs/search") == "5 4 * * 1"


def test_a_thousand_nightly_runs_are_spread() -> None:
    """360 minutes from 00:00 to 05:59: about 2.8 runs a minute; no minute gets more than 12 of these thousand."""
    lines = [settle_cron("H H(0-5) * * *", f"project-{i}/search") for i in range(1000)]
    for line in lines:
        minutes, hours, *_ = parse_cron(line)
        assert max(hours) <= 5
        assert len(minutes) == 1
    assert max(Counter(lines).values()) <= 12
    assert len(Counter(lines)) > 300


@pytest.mark.parametrize(
    ("name", "exists"),
    [("Etc/UTC", True), ("Europe/Berlin", True), ("Europe/Bonn", False), ("../../etc/passwd", False), ("", False)],
)
def test_time_zones(name: str, exists: bool) -> None:
    assert timezone_known(name) is exists


@pytest.mark.parametrize(
    ("lines", "minutes"),
    [
        (["@hourly"], 60),
        (["@daily"], 1440),
        (["@weekly"], 7 * 1440),
        (["*/30 * * * *"], 30),
        (["0-59/20 * * * *"], 20),
        (["5/25 * * * *"], 10),  # from 55 to 5 of the next hour
        (["0,30 3,23 * * *"], 30),
        (["45 23 * * *", "15 0 * * *"], 30),
        (["0 3 * * *", "0 3 * * *"], 0),  # two lines at one minute start two runs
        (["0 8-18/2 * jan-mar mon-fri"], 120),
        (["0 3 * * 0"], 7 * 1440),
        (["0 3 1 * *"], 28 * 1440),
        (["0 3 1 * 1"], 1440),  # cron fires on either
        (["TZ=Europe/Berlin */10 * * * *"], 10),
        (["CRON_TZ=Europe/Berlin @hourly"], 60),
        (["TZ=Europe/Berlin 0 3 * * *", "TZ=Europe/Berlin 0 5 * * *"], 120),
    ],
)
def test_the_interval_between_two_starts(lines: list[str], minutes: int) -> None:
    assert firing_interval(lines) == minutes


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["every day"],
        ["0 24 * * *"],
        ["0 0 * * 7"],  # Sunday is 0: Argo refuses 7
        ["@fortnightly"],
        ["0 3 * * *", "every day"],
        ["TZ=Europe/Berlin 0 3 * * *", "0 5 * * *"],
    ],
)
def test_no_interval_of_lines_that_cannot_be_read(lines: list[str]) -> None:
    assert firing_interval(lines) is None


@pytest.mark.parametrize(
    ("line", "hours"),
    [
        ("0 3 * * *", 24),
        ("7 * * * *", 1),
        ("*/15 * * * *", 0.25),
        ("0 9,17 * * *", 16),
        ("*/7 8-10 * * *", 24 - 2 - 56 / 60),
        ("30 4 * * 1-5", 3 * 24),
        ("0 3 * * 0", 7 * 24),
        ("0 3 1 * *", 31 * 24),
        ("0 0 31 * *", 61 * 24),  # from the end of March to the end of May
        ("0 0 13 * 5", 7 * 24),  # cron fires on either
        ("0 0 1 1 *", 366 * 24),
        ("0 3 29 2 *", 4 * 365.25 * 24),
        ("0 8 * jun *", (366 - 29) * 24),
    ],
)
def test_the_longest_gap_between_two_starts(line: str, hours: float) -> None:
    assert longest_gap(line) == round(hours * 3600)


@pytest.mark.parametrize("line", ["every day", "0 3 30 2 *", "@daily", ""])
def test_no_gap_of_a_line_that_never_fires_or_cannot_be_read(line: str) -> None:
    with pytest.raises(ValueError, match=r"five fields|never fire"):
        longest_gap(line)
