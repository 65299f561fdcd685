"""What a document's metadata is to a search: labels for what is equal, bounds for what is ordered.

Stores differ in what their filters reach: one has no dates, another no ranges over lists, a third no nested fields. So
each is given, beside the metadata as it came, a list of short texts and a few numbers, which all of them filter alike:

    {"year": 2024, "tags": ["a", "b"]}
    labels  year:number  year:number=2024.0  tags:text  tags:text=a  tags:text=b
    bounds  low_number_year 2024.0  high_number_year 2024.0

A value of a list that is above a limit exists where the list's highest is, so that two bounds answer every range. Dates
are ISO 8601, those without an offset in UTC; their bounds are microseconds since 1970.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any
from urllib.parse import quote

import orjson
from runtime.errors import InputError
from runtime.words import plural

from index.condition import Operator
from index.readers.characters import nfc

BOOLEAN, NUMBER, DATE, TEXT = "boolean", "number", "date", "text"
KINDS = {BOOLEAN: "a boolean", NUMBER: "a number", DATE: "a date", TEXT: "text"}
ORDERED = (NUMBER, DATE)
MOST_KEYS = 1000  # of an index: a store keeps two fields for each that has numbers or dates
LONGEST_LABEL = 512  # bytes; what is longer is kept by its hash
DAY = 86_400_000_000  # microseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"([Tt ](?P<time>\d\d:\d\d(:\d\d(\.\d{1,9})?)?)( ?(?P<offset>[Zz]|[+-]\d\d(:?\d\d)?))?)?",
    re.ASCII,
)
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_PLAIN_KEY = re.compile(r"[a-z0-9_]{1,60}", re.ASCII)

Keys = dict[str, dict[str, tuple[int, str]]]
"""Key -> kind -> how many documents have such a value, and the first of them."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a store filters a document's points by.

    Attributes:
        labels: a text for each value and each key, sorted.
        bounds: the lowest and the highest number of each key that has numbers or dates.
    """

    labels: tuple[str, ...]
    bounds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Moment:
    """A date: microseconds since 1970 from `start` to before `end`; a whole day, or an instant."""

    start: int
    end: int

    @property
    def label(self) -> tuple[str, str]:
        """The name and the text of the label that it has."""
        return ("day", str(self.start // DAY)) if self.end - self.start == DAY else ("instant", str(self.start))


def moment(text: str) -> Moment | None:
    """Return the date that a text is, None where it is not one: `2024-05-01`, or with a time and an offset."""
    if not (match := _DATE.fullmatch(text)):
        return None
    day, time, offset = match["day"], match["time"], match["offset"]
    try:
        read = datetime.fromisoformat(f"{day}T{time}{(offset or '').upper()}" if time else day)
    except ValueError:  # as 2024-13-01
        return None
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    start = (aware - _EPOCH) // timedelta(microseconds=1)
    return Moment(start, start + (1 if time else DAY))


def kind(value: Any) -> str:
    """Return the kind of a value that is not a list."""
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int | float):
        return NUMBER
    return DATE if moment(value) else TEXT


def label(key: str, kind: str, value: str | None = None) -> str:
    """Return the label of a key's value, or of its having one of that kind; ASCII without quotes or spaces."""
    name = f"{quote(key, safe='')}:{kind}"
    made = name if value is None else f"{name}={quote(nfc(value), safe='')}"
    return made if len(made) <= LONGEST_LABEL else f"sha256:{hashlib.sha256(made.encode()).hexdigest()}"


def number_text(value: float) -> str:
    """Return a number as a label has it: 2024 and 2024.0 are the same, and so are 0 and -0.

    A whole number that no float holds keeps all its digits: two documents' ids may differ in the last.
    """
    return str(int(value)) if 2**53 < abs(value) < 2**64 else repr(float(value) + 0.0)


def stored(number: int) -> bool:
    """Return whether a whole number can be kept as it is: as JSON and in every store it has 64 bits at most."""
    return -(2**63) <= number < 2**64


def beside(operator: Operator, limit: Decimal, rounded: float) -> tuple[Operator, list[int]]:
    """Return how a comparison reads past 2**53, where several whole numbers have one float.

    Args:
        limit: as it was written.
        rounded: the float of the limit.

    Returns:
        how floats compare with `rounded`, and the numbers of that same float that hold all the same.
    """
    strict: Operator = ">" if operator in (">", ">=") else "<"
    width = int(math.ulp(rounded))
    numbers = range(int(rounded) - width, int(rounded) + width + 1)
    return strict, [each for each in numbers if float(each) == rounded and _COMPARED[operator](each, limit)]


def bound(side: str, kind: str, key: str) -> str:
    """Return the field of a key's lowest or highest value, of letters, digits and underscores alone.

    Args:
        side: `low` or `high`.
        kind: one that is ordered.
        key: the metadata's; one of other characters is written by its hash.
    """
    name = key if _PLAIN_KEY.fullmatch(key) else f"sha256_{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    return f"{side}_{kind}_{name}"


@lru_cache(4096)  # the chunks of a document come one after another
def described(text: str) -> Described:
    """Return what a store filters by of metadata that is given as JSON text."""
    labels: set[str] = set()
    numbers: dict[tuple[str, str], list[float]] = {}
    for key, value in _values(text):
        labels.add(label(key, own := kind(value)))
        labels.update(_labels(key, value))
        if own in ORDERED:
            numbers.setdefault((own, key), []).append(_place(value))
    bounds = {bound("low", own, key): min(values) for (own, key), values in numbers.items()}
    bounds |= {bound("high", own, key): max(values) for (own, key), values in numbers.items()}
    return Described(tuple(sorted(labels)), bounds)


def _values(text: str) -> Iterator[tuple[str, Any]]:
    """Yield each key of metadata with each of its values."""
    for key, given in orjson.loads(text or "{}").items():
        for value in given if isinstance(given, list) else [given]:
            yield key, value


def bounds(payloads: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the fields of all bounds that points have."""
    return {name for text in {each.get("metadata") or "" for each in payloads} for name in described(text).bounds}


def _labels(key: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [label(key, BOOLEAN, str(value).lower())]
    if isinstance(value, int | float):
        return [label(key, NUMBER, number_text(value))]
    made = [label(key, TEXT, value)]
    if date := moment(value):
        made += [label(key, *Moment(date.start, date.start + 1).label)]
        day = date.start - date.start % DAY
        made += [label(key, *Moment(day, day + DAY).label)]
    return made


def _place(value: Any) -> float:
    date = moment(value) if isinstance(value, str) else None
    return float(date.start if date else value) + 0.0  # 0 where it was -0


def gathered(documents: Iterable[tuple[str, str]]) -> Keys:
    """Return the keys of documents, given as pairs of id and metadata as JSON text.

    Raises:
        InputError: there are more than an index can be filtered by.
    """
    keys: Keys = {}
    for document, text in documents:
        for key, own in sorted({(key, kind(value)) for key, value in _values(text)}):
            count, first = keys.setdefault(key, {}).get(own, (0, document))
            keys[key][own] = (count + 1, first)
    if len(keys) > MOST_KEYS:
        raise InputError(
            f"the documents' metadata has {len(keys)} different keys, and an index is filtered by {MOST_KEYS} at most: "
            "put what differs from document to document into values"
        )
    return keys


def mixed(keys: Keys) -> dict[str, str]:
    """Return the keys whose values are of several kinds, each with a sentence that names them."""
    return {key: mixture(key, kinds) for key, kinds in sorted(keys.items()) if len(kinds) > 1}


def mixture(key: str, kinds: Mapping[str, tuple[int, str]]) -> str:
    """Return a sentence about the kinds of a key's values, the most frequent first."""
    order = sorted(kinds.items(), key=lambda each: (-each[1][0], each[0]))
    parts = [f"{KINDS[own]} in {plural(count, 'document')} ({first!r} ...)" for own, (count, first) in order]
    return f"metadata {key!r} is {' and '.join(parts)}"
