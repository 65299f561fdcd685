"""Cron lines as Argo reads them, with `H` for a moment that is derived from a name."""

from __future__ import annotations

import hashlib
import re
from calendar import monthrange
from collections.abc import Callable, Collection, Sequence
from datetime import date
from itertools import pairwise

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 6))
_NAMES = {
    3: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    4: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}
_HASHED = re.compile(r"H(?:\((\d{1,2})-(\d{1,2})\))?")
_LEAP_YEAR = 2024
_CYCLE = range(2024, 2052)  # years after which the days of the week fall alike again
_DAY = 24 * 60
_SHORTEST_MONTH = 28
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_DURATION = re.compile(r"([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+")
_ZONED = re.compile(r"(?:CRON_)?TZ=(\S+)\s+(.+)", re.DOTALL)


def parse_cron(text: str) -> tuple[frozenset[int], ...]:
    """Return the moments of a cron line: for each of its five fields the values at which it fires.

    `H`, or `H(a-b)` within a range, stands for one value of a field; here for the first of its range.

    Raises:
        ValueError: Argo would refuse it, or it would never fire; the text says why.
    """
    words = _words(text)
    fields = tuple(_field(word, index) for index, word in enumerate(words))
    days, months = fields[2], fields[3]
    if words[4] in ("*", "?") and not any(min(days) <= monthrange(_LEAP_YEAR, month)[1] for month in months):
        raise ValueError("no month in it has such a day, so it would never fire")
    return fields


def written(line: str) -> str:
    """Return how a project writes a macro or a line behind a time zone; empty for any other line."""
    zoned = _ZONED.fullmatch(line.strip())
    macro = _MACROS.get(line.strip())
    if zoned:
        return f'{{cron: "{zoned[2]}", timezone: {zoned[1]}}}'
    return f'"{macro}"' if macro else ""


def check_cron(line: str) -> None:
    """Check a line of a CronWorkflow as Argo does: five fields or a macro, behind a time zone or not.

    Raises:
        ValueError: Argo would refuse it, or it would never fire; the text says why.
    """
    zone, text = match.groups() if (match := _ZONED.fullmatch(line.strip())) else ("", line.strip())
    if zone and not timezone_known(zone):
        raise ValueError(f"the time zone database has no {zone}")
    if text.startswith("@every "):
        if not _DURATION.fullmatch(text.removeprefix("@every ")):
            raise ValueError("behind @every comes a duration, such as 1h30m")
        return
    if text.startswith("@"):
        if text not in _MACROS:
            raise ValueError(f"it is one of {', '.join(_MACROS)}, @every DURATION")
        return
    for index, word in enumerate(_words(text)):
        if _HASHED.fullmatch(word):
            raise ValueError(f'invalid {_FIELDS[index][0]} "{word}": Argo knows no H')
    parse_cron(text)


def settle_cron(text: str, name: str) -> str:
    """Return the line with each `H` replaced by a value that depends on nothing but `name`."""
    digest = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
    words = []
    for word, (_, low, high) in zip(text.split(), _FIELDS, strict=True):
        if match := _HASHED.fullmatch(word):
            first, last = (int(match[1]), int(match[2])) if match[1] else (low, high)
            digest, rest = divmod(digest, last - first + 1)
            word = str(first + rest)
        words.append(word)
    return " ".join(words)


def firing_interval(lines: Sequence[str]) -> int | None:
    """Return the fewest minutes between two starts of any of a CronWorkflow's schedules.

    The result errs on the short side: where both the day of the month and the day of the week are restricted, every
    day counts, since cron fires on either; months are not told apart. Two lines that share a minute start two runs,
    so their interval is 0.

    Args:
        lines: cron lines as Argo reads them; a macro (`@hourly`) and a `TZ=` prefix are allowed.

    Returns:
        The interval in minutes; None if there is no line, if Argo would refuse one, or if the lines are of different
        time zones, whose distance changes over the year.
    """
    zones: set[str] = set()
    schedules = []
    for line in lines:
        zone, text = match.groups() if (match := _ZONED.fullmatch(line)) else ("", line)
        zones.add(zone)
        try:
            schedules.append(parse_cron(_MACROS.get(text, text)))
        except ValueError:
            return None
    if not schedules or len(zones) > 1:
        return None
    starts = [hour * 60 + minute for minutes, hours, *_ in schedules for hour in hours for minute in minutes]
    days = min(_days_between(days, weekdays) for _, _, days, _, weekdays in schedules)
    return _least_gap(starts, days * _DAY)


def longest_gap(line: str) -> int:
    """Return the most seconds between two starts of a cron line without `H`, where no clock is changed.

    Raises:
        ValueError: Argo would refuse the line, or it would never fire.
    """
    minutes, hours, days, months, weekdays = parse_cron(line)
    starts = sorted(hour * 60 + minute for hour in hours for minute in minutes)
    within = max((later - earlier for earlier, later in pairwise(starts)), default=0)
    across = _most_days(days, months, weekdays) * _DAY - (starts[-1] - starts[0])
    return max(within, across) * 60


def cron_days(line: str) -> Callable[[date], bool]:
    """Return what says of a day whether a cron line fires on it: either kind of day counts where both are restricted.

    Raises:
        ValueError: Argo would refuse the line, or it would never fire.
    """
    _, _, days, months, weekdays = parse_cron(line)
    stars = [any(part in ("*", "?") for part in word.split(",")) for word in line.split()]
    either = not stars[2] and not stars[4]

    def fires(day: date) -> bool:
        in_month, in_week = day.day in days, day.isoweekday() % 7 in weekdays
        return day.month in months and ((in_month or in_week) if either else (in_month and in_week))

    return fires


def _most_days(days: frozenset[int], months: frozenset[int], weekdays: frozenset[int]) -> int:
    """Return the most days between two on which a line fires: either kind of day counts where both are restricted."""
    if len(days) == 31 and len(months) == 12:
        return max(later - earlier for earlier, later in pairwise([*sorted(weekdays), min(weekdays) + 7]))
    either = len(days) < 31 and len(weekdays) < 7
    years = _CYCLE if len(weekdays) < 7 else _CYCLE[:4]  # days of the month come round with each leap year
    fires = [
        moment.toordinal()
        for year in years
        for month in sorted(months)
        for day in range(1, monthrange(year, month)[1] + 1)
        if either or day in days
        if ((moment := date(year, month, day)).isoweekday() % 7 in weekdays) or (either and day in days)
    ]
    length = date(years.stop, 1, 1).toordinal() - date(years.start, 1, 1).toordinal()
    return max(later - earlier for earlier, later in pairwise([*fires, fires[0] + length]))


def _days_between(days: Collection[int], weekdays: Collection[int]) -> int:
    if len(days) == 31:
        return _least_gap(weekdays, 7)
    return 1 if len(weekdays) < 7 else _least_gap(days, _SHORTEST_MONTH)


def _least_gap(values: Collection[int], cycle: int) -> int:
    """Return the least distance between neighbours, the last one and the first of the next cycle among them."""
    ordered = sorted(values)
    return min(later - earlier for earlier, later in pairwise([*ordered, ordered[0] + cycle]))


def timezone_known(name: str) -> bool:
    """Whether the time zone database has the name (`Europe/Berlin`); a machine without a database knows UTC alone."""
    if name in ("Etc/UTC", "UTC"):
        return True
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True


def _words(text: str) -> list[str]:
    words = text.split()
    if len(words) != len(_FIELDS):
        raise ValueError(f"a cron line has five fields (minute hour day month weekday), not {len(words)}")
    return words


def _field(word: str, index: int) -> frozenset[int]:
    what, low, high = _FIELDS[index]
    if match := _HASHED.fullmatch(word):
        first, last = (int(match[1]), int(match[2])) if match[1] else (low, high)
        if not low <= first <= last <= high:
            raise ValueError(f'invalid {what} "{word}": H\'s range lies within {low}-{high}')
        return frozenset([first])
    values: set[int] = set()
    for part in word.split(","):
        values.update(_part(part, index))
    return frozenset(values)


def _part(part: str, index: int) -> range:
    what, low, high = _FIELDS[index]
    span, slash, step_text = part.partition("/")
    step = int(step_text) if step_text.isascii() and step_text.isdigit() else 0
    if slash and step == 0:
        raise ValueError(f'invalid {what} "{part}": after "/" comes a step of 1 or more')
    first_text, dash, last_text = span.partition("-")
    if span in ("*", "?"):
        first, last = low, high
    else:
        first = _value(first_text, part, index)
        last = _value(last_text, part, index) if dash else (high if slash else first)
    if first > last:
        raise ValueError(f'invalid {what} "{part}": the range runs backwards')
    return range(first, last + 1, step or 1)


def _value(text: str, part: str, index: int) -> int:
    what, low, high = _FIELDS[index]
    names = _NAMES.get(index, [])
    if text.lower() in names:
        return names.index(text.lower()) + low
    if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
        hint = "; Sunday is 0" if index == 4 and text == "7" else ""
        raise ValueError(f'invalid {what} "{part}": it lies within {low}-{high}{hint}')
    return int(text)
