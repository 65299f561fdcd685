"""How many runs a cron line starts within any thirty days, on the days when clocks change too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from dac.model.bounds import Bounds
from dac.model.schedule import cron_days, parse_cron

WINDOW = 30  # days
_FIRST, _YEARS = 2024, 4  # a leap year among them; the days of the week move on within them


class Starts:
    """The starts within any thirty days; the days of a zone and of a cron line are worked out once."""

    def __init__(self) -> None:
        self._switches = cache(_switches)
        self._days = cache(_days)
        self._counted = cache(self._count)

    def of(self, cron: str, zone: str) -> Bounds:
        """Return the fewest and the most starts within thirty days that follow one another.

        Args:
            cron: five fields; `H` counts as one value.
            zone: by its name in the IANA database.

        Raises:
            ValueError: Argo would refuse the line, or it would never fire.
        """
        return self._counted(cron, zone)

    def _count(self, cron: str, zone: str) -> Bounds:
        minutes, hours, *_ = parse_cron(cron)
        moments = [(hour, minute) for hour in sorted(hours) for minute in sorted(minutes)]
        fewest, most = self._days(" ".join(cron.split()[2:]))
        fires = cron_days(cron)
        off = [_on(day, moments, zone) - len(moments) for day in self._switches(zone) if fires(day)]
        lost, gained = min([0, *off]), max([0, *off])
        return Bounds(float(max(0, fewest * len(moments) + lost)), float(most * len(moments) + gained))


def _days(fields: str) -> tuple[int, int]:
    """Return the fewest and the most days of thirty on which the last three fields of a cron line fire."""
    fires, first = cron_days(f"0 0 {fields}"), date(_FIRST, 1, 1)
    length = (date(_FIRST + _YEARS, 1, 1) - first).days
    sums = [0, *accumulate(fires(first + timedelta(days=n)) for n in range(length))]
    windows = [later - earlier for earlier, later in zip(sums, sums[WINDOW:], strict=False)]
    return min(windows), max(windows)


def _switches(zone: str) -> tuple[date, ...]:
    """Return the days on which the zone's clock changes."""
    if zone in ("UTC", "Etc/UTC"):
        return ()
    place, day, switches = ZoneInfo(zone), date(_FIRST, 1, 1), []
    while day.year < _FIRST + _YEARS:
        after = day + timedelta(days=1)
        if _midnight(day, place).utcoffset() != _midnight(after, place).utcoffset():
            switches.append(day)
        day = after
    return tuple(switches)


def _midnight(day: date, place: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=place)


def _on(day: date, moments: list[tuple[int, int]], zone: str) -> int:
    """Return how often the clock shows these moments on a day on which it changes."""
    place, shown = ZoneInfo(zone), set()
    for hour, minute in moments:
        local = datetime(day.year, day.month, day.day, hour, minute)
        for fold in (0, 1):
            moment = local.replace(tzinfo=place, fold=fold).astimezone(UTC)
            if moment.astimezone(place).replace(tzinfo=None) == local:
                shown.add(moment)
    return len(shown)
