"""A date, a time or a duration in the parts that a section of a spreadsheet's format shows, as ISO 8601 writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from index.readers.digits import Part, Section

_LAST_DAY = 2_958_465  # 31 December 9999


def moment(section: Section, days: float, since_1904: bool) -> str:
    """Return a date, a time or both, with the parts that a section shows; "" for a number that is none."""
    if not 0 <= days <= _LAST_DAY:
        return ""
    names = section.units
    if elapsed := next((part.text for part in section.parts if part.kind == "elapsed"), ""):
        return _elapsed(elapsed, names, round(days * 86_400))
    decimals = min(6, sum(1 for part in section.parts if part.kind == "digit"))  # of a second
    first = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 31 if days < 60 else 30)
    try:
        at = first + timedelta(seconds=round(days * 86_400, decimals))
    except OverflowError:
        return ""
    # A time alone is less than a day, which no date has.
    shown_date = {"year", "month", "day"} & set(names) if days >= 1 or since_1904 else set[str]()
    date = at.date().isoformat()
    date = f"{at.year:04}" if shown_date == {"year"} else date
    date = f"{at.year:04}-{at.month:02}" if shown_date == {"year", "month"} else date
    fine = "milliseconds" if decimals else "seconds"
    time = at.time().isoformat(fine if "second" in names else "minutes")
    shown_time = {"hour", "minute", "second"} & set(names)
    return " ".join([date] * bool(shown_date) + [time] * bool(shown_time))


def units(parts: Sequence[Part]) -> tuple[str, ...]:
    """Return what the letters of dates and times in a section stand for."""
    letters = [part for part in parts if part.kind in ("date", "elapsed")]
    return tuple(_unit(letters, place) for place in range(len(letters)))


def _unit(letters: list[Part], place: int) -> str:
    """Return what a letter of a format stands for: `m` is a minute after hours and before seconds."""
    letter = letters[place].text[0]
    if letter == "m":
        before = letters[place - 1].text[0] if place else ""
        after = letters[place + 1].text[0] if place + 1 < len(letters) else ""
        return "minute" if before == "h" or after == "s" or letters[place].kind == "elapsed" else "month"
    return {"y": "year", "e": "year", "g": "year", "b": "year", "d": "day", "h": "hour", "s": "second"}[letter]


def _elapsed(first: str, names: Sequence[str], seconds: int) -> str:
    """Return a duration from its largest unit, which may be more than a day."""
    sizes = {"h": 3600, "m": 60, "s": 1}
    lengths = [sizes[first], *(size for name, size in (("minute", 60), ("second", 1)) if name in names[1:])]
    pieces, rest = [], seconds
    for size in lengths:
        count, rest = divmod(rest, size)
        pieces.append(str(count) if not pieces else f"{count:02}")
    return ":".join(pieces)
