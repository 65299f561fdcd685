"""The functions of time: expr's `now`, `date`, `duration` and `timezone`, and those of sprig.

Sources: builtin/builtin.go of expr 1.17.7, date.go of sprig 3.3.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.expression.times import layouts
from dac.run.argo.expression.times.durations import SECOND, Duration
from dac.run.argo.expression.times.values import UTC_ZONE, Moment, Zone, at

_LAYOUTS = (
    "2006-01-02", "15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z07:00", "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST", "Mon, 02 Jan 2006 15:04:05 MST",
)  # fmt: skip
_ZERO = Moment(-62135596800 * SECOND, UTC_ZONE)
_YEARS = (("y", 365 * 24), ("mo", 30 * 24), ("d", 24), ("h", 1))


def _timezone(name: str) -> Zone:
    if name in ("", "UTC", "Local"):
        return Zone(name or "UTC", UTC_ZONE.zone)
    try:
        return Zone(name, ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ExpressionError(f"unknown time zone {name}") from error


def _now(*zones: Zone) -> Moment:
    if len(zones) > 1 or not all(isinstance(zone, Zone) for zone in zones):
        raise ExpressionError(f"invalid number of arguments (expected 0, got {len(zones)})")
    return Moment(time.time_ns(), zones[0] if zones else UTC_ZONE)


def _parsed(layout: str, text: str, zone: Zone) -> Moment:
    parsed = layouts.parsed(text, layout, zone.zone)
    own = parsed.local.tzinfo
    shown = zone if own is zone.zone or own is None else Zone(parsed.local.tzname() or "", own)
    return at(parsed.local, parsed.fraction, shown)


def _date(*given: Any) -> Moment:
    zone, texts = (given[0], given[1:]) if given and isinstance(given[0], Zone) else (UTC_ZONE, given)
    if not 1 <= len(texts) <= 3 or not all(isinstance(text, str) for text in texts):
        raise ExpressionError("date takes a text, a layout and a time zone")
    if len(texts) == 3:
        zone = _timezone(texts[2])
    if len(texts) > 1:
        return _parsed(texts[1], texts[0], zone)
    for layout in _LAYOUTS:
        try:
            return _parsed(layout, texts[0], zone)
        except ExpressionError:
            continue
    raise ExpressionError(f"invalid date {texts[0]}")


def _moment(value: Any) -> Moment:
    """Return a time, or that of a number of seconds; now for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Moment(value * SECOND, UTC_ZONE)
    return value if isinstance(value, Moment) else _now()


def _date_in_zone(layout: str, value: Any, zone: str) -> str:
    try:
        place = _timezone(zone)
    except ExpressionError:
        place = UTC_ZONE
    return Moment(_moment(value).nanoseconds, place).format(layout)


def _must(name: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ExpressionError(f"reflect: Call using {type(value).__name__} as type time.Time in {name}")
    return value


def _modified(text: str, moment: Moment) -> Moment:
    start: Moment = _must("dateModify", moment, Moment)
    return start.plus(Duration.parse(text))


def _or_else(work: Callable[[str, Any], Moment], other: Callable[[Any], Moment]) -> Callable[[str, Any], Moment]:
    def run(text: str, value: Any) -> Moment:
        try:
            return work(text, value)
        except ExpressionError:
            return other(value)

    return run


def _ago(value: Any) -> str:
    return str(Duration(_now().nanoseconds - _moment(value).nanoseconds).rounded(Duration(SECOND)))


def _seconds(value: Any) -> str:
    """`duration`: of text or an int64; an int is none."""
    digits = value if isinstance(value, str) else str(value) if type(value) is not int else ""
    return str(Duration(int(digits) * SECOND if re.fullmatch(r"[+-]?[0-9]+", digits) else 0))


def _rough(value: Any) -> str:
    """`durationRound`: the largest unit alone."""
    if isinstance(value, str):
        try:
            size = abs(Duration.parse(value).nanoseconds)
        except ExpressionError:
            size = 0
    elif isinstance(value, Moment):
        size = abs(_now().nanoseconds - value.nanoseconds)
    else:
        size = abs(value) if isinstance(value, int) and type(value) not in (int, bool) else 0
    units = [*((name, hours * 3600 * SECOND) for name, hours in _YEARS), ("m", 60 * SECOND), ("s", SECOND)]
    return next((f"{size // unit}{name}" for name, unit in units if size > unit), "0s")


def _to_date(layout: str, text: str) -> Moment:
    return _parsed(layout, text, UTC_ZONE)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "now": _now,
    "date": _date,
    "duration": lambda text: Duration.parse(_must("duration", text, str)),
    "timezone": lambda name: _timezone(_must("timezone", name, str)),
}
_BOTH: dict[str, Callable[..., Any]] = {
    "dateInZone": _date_in_zone,
    "dateModify": _or_else(_modified, lambda moment: _must("dateModify", moment, Moment)),
    "mustDateModify": _modified,
}
SPRIG_TIMES: dict[str, Callable[..., Any]] = {
    **_BOTH,
    "date_in_zone": _BOTH["dateInZone"],
    "date_modify": _BOTH["dateModify"],
    "must_date_modify": _BOTH["mustDateModify"],
    "now": lambda: _now(),
    "date": lambda layout, value: _date_in_zone(layout, value, "Local"),
    "htmlDate": lambda value: _date_in_zone("2006-01-02", value, "Local"),
    "htmlDateInZone": lambda value, zone: _date_in_zone("2006-01-02", value, zone),
    "ago": _ago,
    "toDate": _or_else(_to_date, lambda _: _ZERO),
    "mustToDate": _to_date,
    "unixEpoch": lambda moment: str(_must("unixEpoch", moment, Moment).nanoseconds // SECOND),
    "duration": _seconds,
    "durationRound": _rough,
}
