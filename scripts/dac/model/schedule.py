"""Cron lines as Argo reads them, with `H` for a moment that is derived from a name."""

from __future__ import annotations

import hashlib
import re
from calendar import monthrange

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 6))
_NAMES = {
    3: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    4: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}
_HASHED = re.compile(r"H(?:\((\d{1,2})-(\d{1,2})\))?")
_LEAP_YEAR = 2024


def parse_cron(text: str) -> tuple[frozenset[int], ...]:
    """The moments of a cron line: for each of its five fields the values at which it fires.

    `H`, or `H(a-b)` within a range, stands for one value of a field; here for the first of its range.

    Raises:
        ValueError: Argo would refuse it, or it would never fire; the text says why.
    """
    words = text.split()
    if len(words) != len(_FIELDS):
        raise ValueError(f"a cron line has five fields (minute hour day month weekday), not {len(words)}")
    found = tuple(_field(word, index) for index, word in enumerate(words))
    days, months = found[2], found[3]
    if words[4] in ("*", "?") and not any(min(days) <= monthrange(_LEAP_YEAR, month)[1] for month in months):
        raise ValueError("no month in it has such a day, so it would never fire")
    return found


def settle_cron(text: str, name: str) -> str:
    """The line with each `H` replaced by a value that depends on nothing but `name`."""
    digest = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
    words = []
    for word, (_, low, high) in zip(text.split(), _FIELDS, strict=True):
        if match := _HASHED.fullmatch(word):
            first, last = (int(match[1]), int(match[2])) if match[1] else (low, high)
            digest, rest = divmod(digest, last - first + 1)
            word = str(first + rest)
        words.append(word)
    return " ".join(words)


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
