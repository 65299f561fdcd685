"""Times as text by a layout: `2006-01-02T15:04:05Z07:00`.

Source: time/format.go of Go 1.25.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dac.run.argo.expression.lexer import ExpressionError

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
# The parts of a layout, the longer before what begins it.
_PART = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|_2006|__2|_2|002|01|02|03|04|05|06|15|PM|pm"
    r"|[-Z]07:00:00|[-Z]070000|[-Z]07:00|[-Z]0700|[-Z]07|[.,](?:0+|9+)(?![0-9])|1|2|3|4|5"
)
_READ = {
    "January": "|".join(MONTHS), "Jan": "|".join(name[:3] for name in MONTHS), "Monday": "|".join(WEEKDAYS),
    "Mon": "|".join(name[:3] for name in WEEKDAYS), "2006": r"\d{4}", "06": r"\d\d", "01": r"\d\d", "1": r"\d{1,2}",
    "02": r"\d\d", "2": r"\d{1,2}", "_2": r" ?\d{1,2}", "002": r"\d{3}", "__2": r"[ ]{0,2}\d{1,3}", "15": r"\d{1,2}",
    "03": r"\d\d", "3": r"\d{1,2}", "04": r"\d\d", "4": r"\d{1,2}", "05": r"\d\d", "5": r"\d{1,2}", "PM": "AM|PM",
    "pm": "am|pm", "MST": r"[A-Z]{3,5}|GMT[+-]\d{1,2}",
}  # fmt: skip


def _parts(layout: str) -> list[tuple[str, str]]:
    """Return a layout as pairs: a text that stays, and the part behind it (empty at the end)."""
    parts, at = [], 0
    for match in _PART.finditer(layout):
        text = match[0]
        if text == "_2006":  # the underscore stays
            parts.append((layout[at : match.start() + 1], "2006"))
        else:
            parts.append((layout[at : match.start()], text))
        at = match.end()
    return [*parts, (layout[at:], "")]


def formatted(local: datetime, fraction: int, layout: str) -> str:
    """Format as `Time.Format`.

    Args:
        local: the time where it is shown.
        fraction: its nanoseconds.
        layout: how.
    """
    return "".join(before + (_written(local, fraction, part) if part else "") for before, part in _parts(layout))


def _written(local: datetime, fraction: int, part: str) -> str:
    if part[0] in ".,":
        digits = f"{fraction:09d}"[: len(part) - 1]
        digits = digits if part[1] == "0" else digits.rstrip("0")
        return part[0] + digits if digits else ""
    if part[0] in "-Z" and len(part) > 1:
        return _offset(local, part)
    hour, day = local.hour % 12 or 12, local.timetuple().tm_yday
    month, weekday = MONTHS[local.month - 1], WEEKDAYS[local.isoweekday() % 7]
    written = {
        "January": month, "Jan": month[:3], "Monday": weekday, "Mon": weekday[:3], "2006": f"{local.year:04d}",
        "06": f"{local.year % 100:02d}", "01": f"{local.month:02d}", "1": str(local.month), "02": f"{local.day:02d}",
        "2": str(local.day), "_2": f"{local.day:2d}", "002": f"{day:03d}", "__2": f"{day:3d}",
        "15": f"{local.hour:02d}",
        "03": f"{hour:02d}", "3": str(hour), "04": f"{local.minute:02d}", "4": str(local.minute),
        "05": f"{local.second:02d}", "5": str(local.second), "PM": "PM" if local.hour >= 12 else "AM",
        "pm": "pm" if local.hour >= 12 else "am", "MST": local.tzname() or "",
    }  # fmt: skip
    return written[part]


def _offset(local: datetime, part: str) -> str:
    seconds = int((local.utcoffset() or timedelta()).total_seconds())
    if part[0] == "Z" and seconds == 0:
        return "Z"
    size = abs(seconds)
    fields = [f"{size // 3600:02d}", f"{size // 60 % 60:02d}", f"{size % 60:02d}"]
    digits = sum(map(str.isdigit, part)) // 2
    return ("-" if seconds < 0 else "+") + (":" if ":" in part else "").join(fields[:digits])


@dataclass(frozen=True, slots=True)
class Parsed:
    """A time that was read: where its text says so, with a zone of its own."""

    local: datetime
    fraction: int


def parsed(text: str, layout: str, zone: tzinfo) -> Parsed:
    """Read as `time.ParseInLocation`.

    Raises:
        ExpressionError: The text does not fit the layout, or is not a time.
    """
    parts = _parts(layout)
    pattern = "".join(_pattern(before, part, index) for index, (before, part) in enumerate(parts))
    # Behind seconds a fraction is read that the layout does not have.
    match = re.fullmatch(pattern, text)
    if match is None:
        raise _unlike(text, layout)
    fields = {part: match[f"p{index}"] for index, (_, part) in enumerate(parts) if part}
    fields["fraction"] = next((text for name, text in match.groupdict().items() if name[0] == "f" and text), "")
    try:
        return _moment(fields, zone)
    except ValueError as error:
        raise ExpressionError(f'parsing time "{text}": {error}') from error


def _unlike(text: str, layout: str) -> ExpressionError:
    return ExpressionError(f'parsing time "{text}" as "{layout}": cannot parse it')


def _pattern(before: str, part: str, index: int) -> str:
    fixed = re.sub(r"(\\? )+", " *", re.escape(before))  # spaces of either side, any number
    if not part:
        return fixed
    if part[0] in ".,":
        return fixed + (
            rf"(?P<p{index}>[.,]\d{{{len(part) - 1}}})" if part[1] == "0" else rf"(?P<p{index}>(?:[.,]\d+)?)"
        )
    if part[0] in "-Z" and len(part) > 1:
        number = r"[+-]\d\d" + (":" if ":" in part else "").join(
            ["", *[r"\d\d"] * (sum(map(str.isdigit, part)) // 2 - 1)]
        )
        return fixed + f"(?P<p{index}>{'Z|' if part[0] == 'Z' else ''}{number})"
    more = rf"(?P<f{index}>[.,]\d+)?" if part in ("05", "5") else ""
    return f"{fixed}(?P<p{index}>{_READ[part]}){more}"


def _moment(fields: dict[str, str], zone: tzinfo) -> Parsed:
    hour = int(fields.get("15") or fields.get("03") or fields.get("3") or 0)
    if "15" not in fields and hour > 12:
        raise ValueError("hour out of range")
    if half := (fields.get("PM") or fields.get("pm") or "").upper():
        hour = hour + 12 if half == "PM" and hour < 12 else 0 if half == "AM" and hour == 12 else hour
    year = int(fields["2006"]) if "2006" in fields else _short_year(fields.get("06"))
    month = int(fields.get("01") or fields.get("1") or _month(fields) or 1)
    day = int(fields.get("02") or fields.get("2") or fields.get("_2") or 1)
    minute, second = int(fields.get("04") or fields.get("4") or 0), int(fields.get("05") or fields.get("5") or 0)
    for name, value, least, most in (
        ("month", month, 1, 12), ("hour", hour, 0, 23), ("minute", minute, 0, 59), ("second", second, 0, 59),
    ):  # fmt: skip
        if not least <= value <= most:
            raise ValueError(f"{name} out of range")
    if year == 0:
        year = 1  # which Go has and Python has not; nobody means it
    digits = next((value for part, value in fields.items() if part and part[0] in ".,f" and value), "")
    fraction = int(digits[1:10].ljust(9, "0")) if digits else 0
    days = fields.get("002") or fields.get("__2")
    try:
        local = datetime(year, 1 if days else month, 1 if days else day, hour, minute, second)
    except ValueError as error:
        raise ValueError("day out of range") from error
    local += timedelta(days=int(days) - 1) if days else timedelta()
    return Parsed(local.replace(tzinfo=_zone(fields, zone)), fraction)


def _month(fields: dict[str, str]) -> int:
    name = fields.get("January") or fields.get("Jan") or ""
    return next((number for number, full in enumerate(MONTHS, 1) if name and full.startswith(name)), 0)


def _short_year(text: str | None) -> int:
    if text is None:
        return 0
    return int(text) + (1900 if int(text) >= 69 else 2000)


def _zone(fields: dict[str, str], zone: tzinfo) -> tzinfo:
    given = next((value for part, value in fields.items() if part[0] in "-Z" and len(part) > 1), "")
    if given:
        digits = given[1:].replace(":", "").ljust(6, "0")
        size = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:]) if given != "Z" else 0
        offset = timedelta(seconds=-size if given.startswith("-") else size)
        return timezone(offset, _digits(offset)) if size else UTC
    name = fields.get("MST", "")
    if name.startswith("GMT") and len(name) > 3:
        return timezone(timedelta(hours=int(name[3:])), name)
    return timezone(timedelta(), name) if name and name != "UTC" else UTC if name else zone


def _digits(offset: timedelta) -> str:
    """Return what stands for the name of a zone that has none: +0200."""
    size = abs(int(offset.total_seconds()))
    return f"{'-' if offset < timedelta() else '+'}{size // 3600:02d}{size // 60 % 60:02d}"
