"""What a filter means for an index: its keys are looked up, and each value is read as what its key holds.

A document that lacks a key fails every comparison with it. `!=`, `not in` and `not` are exact opposites, which it
passes. A day stands for all of it: `= 2024-05-01` is any time of that day (UTC), `> 2024-05-01` any time after it. Of a
list, one value that fits is enough.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import cast
from unicodedata import normalize

from index import metadata
from index.condition import LABELS, OPPOSITES, Among, Bound, Condition, Operator, every, some
from index.filter import And, Comparison, Expression, Not, Or, Word, parse, wrong
from index.metadata import BOOLEAN, DATE, KINDS, NUMBER, ORDERED, TEXT, Keys
from index.readers.characters import nfc

OWN = ("document", "hash")  # fields of every point
_PREFIX = "metadata."
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_EXACT, _LARGEST = 2**53, 2**64  # whole numbers below the one are floats, and those below the other have labels
_LISTED = 20  # keys that a message lists at most


@dataclass
class Meaning:
    """A filter as the stores take it.

    Attributes:
        condition: of the points; None where no filter was given.
        notes: what must be known of the answer: a key that holds several kinds, of which one is compared.
    """

    condition: Condition | None = None
    notes: list[str] = field(default_factory=list)


def meaning(texts: Sequence[str], keys: Keys) -> Meaning:
    """Return what filters mean together: all of them hold.

    Args:
        texts: the filters.
        keys: what the index's metadata holds.

    Raises:
        FilterError: one cannot be read, or asks for what the index does not have.
    """
    parts, notes = [], {}
    for text in texts:
        reader = _Reader(text, keys)
        parts.append(reader.condition(parse(text), False))
        notes.update(reader.notes)
    return Meaning(every(parts) if parts else None, list(notes.values()))


class _Reader:
    def __init__(self, text: str, keys: Keys) -> None:
        self._text, self._keys = text, keys
        self.notes: dict[str, str] = {}

    def condition(self, part: Expression, negated: bool) -> Condition:
        """Return the condition of a part, or of its opposite."""
        match part:
            case Not():
                return self.condition(part.part, not negated)
            case And() | Or():
                conditions = [self.condition(each, negated) for each in part.parts]
                return every(conditions) if isinstance(part, And) != negated else some(conditions)
        if part.operator == "!=":
            return self._compared(Comparison(part.key, "=", part.values), not negated)
        return self._compared(part, negated)

    def _compared(self, part: Comparison, negated: bool) -> Condition:
        name = part.key.text
        if name in OWN and not part.key.quoted:
            return self._own(part, negated)
        key = self._held(name.removeprefix(_PREFIX) if not part.key.quoted else name)
        if key not in self._keys:
            raise wrong(self._text, part.key.column, _unknown(key, self._keys))
        kinds = self._keys[key]
        if len(kinds) > 1 and part.operator != "has":
            self.notes[key] = f"{metadata.mixture(key, kinds)}; a comparison looks at one kind alone"
        if part.operator == "has":
            return Among(LABELS, tuple(metadata.label(key, own) for own in sorted(kinds)), negated)
        if part.operator == "is":
            return Among(LABELS, (self._true(part.key, key),), negated)
        if part.operator in ("=", "in"):
            return Among(LABELS, tuple(self._label(key, value) for value in part.values), negated)
        return self._ordered(key, cast(Operator, part.operator), part.values[0], part.key, negated)

    def _own(self, part: Comparison, negated: bool) -> Condition:
        if part.operator not in ("=", "in"):
            why = f"{part.key.text} is text; compare it with = or in"
            raise wrong(self._text, part.key.column, why)
        # An id stands as its source wrote it: names of files on a Mac have marks of their own behind letters.
        forms = (form(value.text) for value in part.values for form in (str, nfc, partial(normalize, "NFD")))
        return Among(part.key.text, tuple(dict.fromkeys(forms)), negated)

    def _held(self, key: str) -> str:
        """Return the key as the index has it, which may be in another normal form."""
        if key in self._keys:
            return key
        return next((held for held in self._keys if nfc(held) == nfc(key)), key)

    def _true(self, word: Word, key: str) -> str:
        if BOOLEAN not in self._keys[key]:
            why = f"{key!r} alone asks whether it is true, and it is {_kinds(self._keys[key])} in this index"
            raise wrong(self._text, word.column, f"{why}; compare it, or write: has {key}")
        return metadata.label(key, BOOLEAN, "true")

    def _label(self, key: str, word: Word) -> str:
        """Return the label of points whose key equals the value."""
        kind = self._kind(key, word, tuple(KINDS))
        if kind == DATE:
            return metadata.label(key, *_date(word.text).label)
        if kind == NUMBER:
            self._exact(word)
            return metadata.label(key, kind, metadata.number_text(_value(word.text)))
        return metadata.label(key, kind, word.text.lower() if kind == BOOLEAN else word.text)

    def _ordered(self, key: str, operator: Operator, word: Word, at: Word, negated: bool) -> Condition:
        kinds = self._keys[key]
        if not kinds.keys() & set(ORDERED):
            why = f"{key!r} is {_kinds(kinds)} in this index, which has no order; compare it with = or in"
            raise wrong(self._text, at.column, why)
        kind = self._kind(key, word, ORDERED)
        near: list[int] = []
        if kind == NUMBER:
            self._exact(word)
            limit = float(word.text) + 0.0  # Weaviate orders -0 before 0
            if _EXACT <= abs(limit) < _LARGEST:
                operator, near = metadata.beside(operator, Decimal(word.text), limit)
        else:
            operator, limit = _past(operator, _date(word.text))
        field_name = metadata.bound("high" if operator in (">", ">=") else "low", kind, key)
        labels = tuple(metadata.label(key, kind, metadata.number_text(number)) for number in near)
        if not negated:
            return some([Bound(field_name, operator, limit), *([Among(LABELS, labels)] if labels else [])])
        lacking = Among(LABELS, (metadata.label(key, kind),), negated=True)
        opposite: list[Condition] = [Bound(field_name, OPPOSITES[operator], limit)]
        return some([lacking, every([*opposite, *([Among(LABELS, labels, negated=True)] if labels else [])])])

    def _exact(self, word: Word) -> None:
        """Refuse a whole number that an index does not keep to the digit: two ids may differ in the last."""
        if word.text.lstrip("+-").isdecimal() and not -_LARGEST // 2 <= int(word.text) < _LARGEST:
            why = f"{word.text} has more than 64 bits, and numbers so large are kept to about sixteen digits"
            raise wrong(
                self._text, word.column, f"{why}; keep such values as text, or write it as {float(word.text)!r}"
            )

    def _kind(self, key: str, word: Word, among: tuple[str, ...]) -> str:
        """Return what a value is read as: the first kind that the key holds and the value can be."""
        kinds = self._keys[key]
        for kind in among if not word.quoted else (TEXT, DATE):
            if kind in kinds and kind in among and _READINGS[kind](word.text):
                return kind
        held = {kind: held for kind, held in kinds.items() if kind in among}
        why = f"{key!r} is {_kinds(held)} in this index, and {word.text!r} is not"
        quoted = word.quoted and any(_READINGS[kind](word.text) for kind in held)
        remedy = "write it without quotes" if quoted else _remedy(held)
        raise wrong(self._text, word.column, f"{why}{' when it is quoted' if quoted else ''}; {remedy}")


def _date(text: str) -> metadata.Moment:
    return cast(metadata.Moment, metadata.moment(text))


def _past(operator: Operator, date: metadata.Moment) -> tuple[Operator, float]:
    """Return how microseconds compare with a date, of which all but the end of a whole day are part."""
    if date.label[0] == "day" and operator in ("<=", ">"):
        return ("<" if operator == "<=" else ">="), float(date.end)
    return operator, float(date.start)


def _value(text: str) -> float:
    """Return the number that a text is, a whole one exactly."""
    return int(text) if text.lstrip("+-").isdecimal() else float(text)


def _number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and math.isfinite(float(text))


_READINGS: dict[str, Callable[[str], bool]] = {
    BOOLEAN: lambda text: text.lower() in ("true", "false"),
    NUMBER: _number,
    DATE: lambda text: metadata.moment(text) is not None,
    TEXT: lambda text: True,
}


def _kinds(kinds: Collection[str]) -> str:
    return " or ".join(KINDS[kind] for kind in KINDS if kind in kinds)


def _remedy(kinds: Collection[str]) -> str:
    if DATE in kinds:
        return "write a date as 2024-05-01 or 2024-05-01T12:00:00Z"
    return "write true or false" if BOOLEAN in kinds else "write a number such as 2024 or 0.5"


def _unknown(key: str, keys: Keys) -> str:
    guess = difflib.get_close_matches(key[:80], keys, 1)
    if guess:
        return f"unknown metadata key {key!r}; did you mean {guess[0]!r}?"
    if not keys:
        return f"unknown metadata key {key!r}; no document of this index has metadata: ask for {' or '.join(OWN)}"
    listed = ", ".join(sorted(keys)[:_LISTED]) + (f" and {len(keys) - _LISTED} more" if len(keys) > _LISTED else "")
    return f"unknown metadata key {key!r}; this index has: {listed}"
