"""`semverCompare`: whether a version meets a constraint, as Masterminds/semver 3.3 reads both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import total_ordering

from dac.run.argo.expression.lexer import ExpressionError

_TAIL = r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
_VERSION = re.compile(rf"v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?{_TAIL}", re.ASCII)
_PART = rf"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?{_TAIL}"
_LONGEST = r">=|=>|<=|=<|~>|!=|=|>|<|~|\^|"
_WHOLE = re.compile(rf"\s*({_LONGEST})\s*({_PART})\s*((?:\s+|,\s*)({_LONGEST})\s*({_PART})\s*)*", re.ASCII)
_EACH = re.compile(rf"({_LONGEST})\s*({_PART})", re.ASCII)
_RANGE = re.compile(rf"\s*({_PART})\s+-\s+({_PART})\s*", re.ASCII)


@total_ordering
@dataclass(frozen=True, slots=True)
class _Version:
    numbers: tuple[int, int, int]
    pre: str

    def __lt__(self, other: _Version) -> bool:
        return (self.numbers, self._order()) < (other.numbers, other._order())

    def _order(self) -> tuple[object, ...]:
        """Return what sorts a release after its pre-releases, and among their parts numbers before words."""
        parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.pre.split(".")]
        return (0, parts) if self.pre else (1, [])


def compare(constraint: str, version: str) -> bool:
    """Whether the version meets the constraint.

    Raises:
        ExpressionError: One of them cannot be read.
    """
    ranged = _RANGE.sub(lambda match: f">= {match[1]}, <= {match[11]} ", constraint)
    alternatives = [list(_constraints(part)) for part in ranged.split("||")]
    given = _version(version)
    return any(all(each.met(given) for each in alternative) for alternative in alternatives)


def _version(text: str) -> _Version:
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ExpressionError("Invalid Semantic Version")
    numbers = [part.lstrip(".") if part else "0" for part in match.group(1, 2, 3)]
    pre = match[5] or ""
    padded = any(len(part) > 1 and part[0] == "0" for part in pre.split(".") if part.isdigit())
    if padded:
        raise ExpressionError("Version segment starts with 0")
    return _Version((int(numbers[0]), int(numbers[1]), int(numbers[2])), pre)


def _constraints(text: str) -> Iterator[_Constraint]:
    if not _WHOLE.fullmatch(text):
        raise ExpressionError(f"improper constraint: {text}")
    for match in _EACH.finditer(text):
        major, minor, patch = (part.lstrip(".") if part else "" for part in match.group(3, 4, 5))
        given = next((i for i, part in enumerate((major, minor, patch)) if part in ("", "x", "X", "*")), 3)
        numbers = [*(major, minor, patch)[:given], "0", "0", "0"][:3]
        yield _Constraint(match[1], _version(".".join(numbers) + (match[6] or "")), given)


@dataclass(frozen=True, slots=True)
class _Constraint:
    operator: str
    version: _Version
    given: int  # numbers that it has; the others may be any

    def met(self, version: _Version) -> bool:
        if version.pre and not self.version.pre and (self.operator != "!=" or self.given < 3):
            return False
        own, other, given = self.version.numbers, version.numbers, self.given
        match self.operator:
            case ">=" | "=>":
                return version >= self.version
            case "<":
                return version < self.version
            case ">":
                return version > self.version if given in (0, 3) else other[:given] > own[:given]
            case "<=" | "=<":
                return version <= self.version if given == 3 else other[: given or 2] <= own[: given or 2]
            case "!=":
                return self._differs(version)
            case "^":
                return version >= self.version and self._compatible(other)
            case "~" | "~>":
                return self._near(version)
            case _:
                return version == self.version if given == 3 else self._near(version)

    def _differs(self, version: _Version) -> bool:
        if self.given in (0, 3):
            return version != self.version
        if self.given == 2 and self.version.numbers[:2] == version.numbers[:2] and (version.pre or self.version.pre):
            return version.pre != self.version.pre
        return self.version.numbers[: self.given] != version.numbers[: self.given]

    def _near(self, version: _Version) -> bool:
        if version < self.version:
            return False
        if self.version.numbers == (0, 0, 0) and self.given in (0, 3):
            return True
        kept = min(max(self.given, 1), 2)
        return self.version.numbers[:kept] == version.numbers[:kept]

    def _compatible(self, other: tuple[int, int, int]) -> bool:
        own = self.version.numbers
        if own[0] > 0 or self.given == 1:
            return own[0] == other[0]
        if self.given == 0:
            return other == own
        if own[1] > 0 or self.given == 2:
            return own[:2] == other[:2]
        return own == other
