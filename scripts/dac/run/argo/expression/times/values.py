"""Moments and zones, with the methods that an expression calls on them.

Source: package time of Go 1.25.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from dac.run.argo.expression.times import layouts
from dac.run.argo.expression.times.durations import SECOND, Duration, Value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Named(int):
    """A month or a weekday: a number whose text is its name."""

    names: tuple[str, ...]

    def __new__(cls, number: int, names: tuple[str, ...]) -> Named:
        """Make the number; its name is that of its place in `names`."""
        named = super().__new__(cls, number)
        named.names = names
        return named

    def __str__(self) -> str:
        """Return its name."""
        return self.names[int(self)]


@dataclass(frozen=True)
class Zone(Value):
    """A *time.Location."""

    name: str
    zone: tzinfo
    type = "time.Location"

    @property
    def json(self) -> dict[str, Any]:
        """An empty map: it has no field that is exported."""
        return {}

    def __str__(self) -> str:
        """Return its name."""
        return self.name

    def methods(self) -> dict[str, Callable[..., Any]]:
        """As there."""
        return {"String": lambda: self.name}


@dataclass(frozen=True, eq=False)
class Moment(Value):
    """A time.Time: nanoseconds since 1970, and where it is shown."""

    nanoseconds: int
    zone: Zone
    type = "time.Time"

    def __eq__(self, other: object) -> bool:
        """Compare as expr does, by `Time.Equal`: wherever they are shown."""
        return isinstance(other, Moment) and self.nanoseconds == other.nanoseconds

    def __hash__(self) -> int:
        """Hash what is compared."""
        return hash(self.nanoseconds)

    @property
    def local(self) -> datetime:
        """The moment there, without what is below a second."""
        return (_EPOCH + timedelta(seconds=self.nanoseconds // SECOND)).astimezone(self.zone.zone)

    def format(self, layout: str) -> str:
        """Format as `Time.Format`."""
        return layouts.formatted(self.local, self.nanoseconds % SECOND, layout)

    @property
    def json(self) -> str:
        """In RFC 3339."""
        return self.format("2006-01-02T15:04:05.999999999Z07:00")

    def __str__(self) -> str:
        """Format as `Time.String`."""
        return self.format("2006-01-02 15:04:05.999999999 -0700 MST")

    def plus(self, given: Duration) -> Moment:
        """Return the moment that much later."""
        return Moment(self.nanoseconds + given.nanoseconds, self.zone)

    def add_date(self, years: int, months: int, days: int) -> Moment:
        """Add to the date, as `Time.AddDate`: the 31st of a month of 30 days is the first of the next."""
        local = self.local
        year, month = divmod(local.year * 12 + local.month - 1 + years * 12 + months, 12)
        first = datetime(year, month + 1, 1, local.hour, local.minute, local.second, tzinfo=self.zone.zone)
        return at(first + timedelta(days=local.day - 1 + days), self.nanoseconds % SECOND, self.zone)

    def to_step(self, step: Duration, half: bool) -> Moment:
        """Round down to a step since the year 1, or to the nearest."""
        unit, since = step.nanoseconds, self.nanoseconds + 62135596800 * SECOND
        rest = since % unit if unit > 0 else 0
        return Moment(self.nanoseconds - rest + (unit if half and unit > 0 and rest * 2 >= unit else 0), self.zone)

    def methods(self) -> dict[str, Callable[..., Any]]:
        """As there."""
        size, local = self.nanoseconds, self.local
        return {
            "Format": self.format,
            "String": lambda: str(self),
            "Unix": lambda: size // SECOND,
            "UnixMilli": lambda: size // 10**6,
            "UnixMicro": lambda: size // 10**3,
            "UnixNano": lambda: size,
            "Year": lambda: local.year,
            "Month": lambda: Named(local.month, ("", *layouts.MONTHS)),
            "Day": lambda: local.day,
            "Hour": lambda: local.hour,
            "Minute": lambda: local.minute,
            "Second": lambda: local.second,
            "Nanosecond": lambda: size % SECOND,
            "Weekday": lambda: Named(local.isoweekday() % 7, layouts.WEEKDAYS),
            "YearDay": lambda: local.timetuple().tm_yday,
            "IsZero": lambda: size == -62135596800 * SECOND,
            "UTC": lambda: Moment(size, UTC_ZONE),
            "Local": lambda: Moment(size, UTC_ZONE),
            "In": lambda zone: Moment(size, zone),
            "Location": lambda: self.zone,
            "Add": self.plus,
            "AddDate": self.add_date,
            "Sub": lambda other: Duration(size - other.nanoseconds),
            "After": lambda other: size > other.nanoseconds,
            "Before": lambda other: size < other.nanoseconds,
            "Equal": lambda other: size == other.nanoseconds,
            "Compare": lambda other: (size > other.nanoseconds) - (size < other.nanoseconds),
            "Round": lambda step: self.to_step(step, half=True),
            "Truncate": lambda step: self.to_step(step, half=False),
        }


UTC_ZONE = Zone("UTC", UTC)


def at(local: datetime, fraction: int, zone: Zone) -> Moment:
    """Return the moment of a local time and its nanoseconds."""
    return Moment(int((local - _EPOCH).total_seconds()) * SECOND + fraction, zone)
