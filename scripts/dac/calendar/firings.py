"""The moments at which cron lines fire, on the days when clocks are changed too.

As robfig/cron does, which Argo uses: a moment that a clock skips starts no run, one that it shows twice starts two
(spec_test.go, "runs twice" and "skipped").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from dac.model.schedule import cron_days, parse_cron

_MINUTE = timedelta(minutes=1)
_FURTHEST = 3000  # days: a 29 February may be eight years away


@dataclass(frozen=True, slots=True)
class Switch:
    """A day on which a clock is changed and a schedule notices.

    Attributes:
        day: in the schedule's zone.
        times: how many runs the moment starts: 0 or 2.
        moment: hour and minute, as the clock shows them.
    """

    day: date
    times: int
    moment: str


class Firings:
    """The firings within some days; each zone's minutes are worked out once.

    Args:
        start: an aware moment; firings at or after it count.
        days: how many days of 24 hours.
    """

    def __init__(self, start: datetime, days: int) -> None:
        self.start = start.astimezone(UTC).replace(second=0, microsecond=0)
        self.days = days
        self._minutes = cache(self._clock)

    def of(self, cron: str, zone: str) -> list[datetime]:
        """Return the firings of a cron line in UTC, in order."""
        fields, fires, place = parse_cron(cron), cron_days(cron), ZoneInfo(zone)
        clock = self._minutes(zone)
        moments = [
            moment
            for hour in fields[1]
            for minute in fields[0]
            for moment in clock.get((hour, minute), ())
            if fires(moment.astimezone(place).date())
        ]
        return sorted(moments)

    def switches(self, cron: str, zone: str) -> list[Switch]:
        """Return the moments that a changed clock skips or repeats, in order."""
        local = Counter(moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in self.of(cron, zone))
        minutes, hours, *_ = parse_cron(cron)
        fires = cron_days(cron)
        switches = []
        for day in self._whole_days(zone):
            if not fires(day):
                continue
            for hour in sorted(hours):
                for minute in sorted(minutes):
                    times = local[datetime(day.year, day.month, day.day, hour, minute)]
                    if times != 1:
                        switches.append(Switch(day, times, f"{hour:02}:{minute:02}"))
        return switches

    def _clock(self, zone: str) -> dict[tuple[int, int], list[datetime]]:
        """Return for each hour and minute that the zone's clock shows the moments at which it does."""
        shown: dict[tuple[int, int], list[datetime]] = {}
        moment, end, place = self.start, self.start + timedelta(days=self.days), ZoneInfo(zone)
        while moment < end:
            local = moment.astimezone(place)
            shown.setdefault((local.hour, local.minute), []).append(moment)
            moment += _MINUTE
        return shown

    def _whole_days(self, zone: str) -> Iterator[date]:
        """Yield the days of the zone that lie wholly between start and end."""
        place = ZoneInfo(zone)
        end = self.start + timedelta(days=self.days)
        day = self.start.astimezone(place).date()
        while True:
            begins = datetime(day.year, day.month, day.day, tzinfo=place)
            after = day + timedelta(days=1)
            if datetime(after.year, after.month, after.day, tzinfo=place) > end:
                return
            if begins >= self.start:
                yield day
            day = after


def next_firing(cron: str, zone: str, after: datetime) -> datetime | None:
    """Return the first firing after an aware moment, in UTC; None where a changed clock skips each for years.

    Raises:
        ValueError: Argo would refuse the line, or it would never fire.
    """
    fields, fires, place = parse_cron(cron), cron_days(cron), ZoneInfo(zone)
    first = after.astimezone(place).date()
    for day in (first + timedelta(days=number) for number in range(_FURTHEST)):
        if fires(day):
            shown = [datetime(day.year, day.month, day.day, h, m) for h in fields[1] for m in fields[0]]
            moments = [moment for local in shown for moment in _moments(local, place) if moment > after]
            if moments:
                return min(moments)
    return None


def _moments(local: datetime, place: ZoneInfo) -> Iterator[datetime]:
    """Yield the moments at which a zone's clock shows a time: one, two where it goes back, none where it skips it."""
    for fold in (0, 1):
        moment = local.replace(tzinfo=place, fold=fold).astimezone(UTC)
        there = moment.astimezone(place)
        if there.replace(tzinfo=None) == local and there.fold == fold:
            yield moment
