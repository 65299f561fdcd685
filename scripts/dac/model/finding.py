"""One problem: where it is, which rule found it, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dac.model.printing import printable


class Severity(StrEnum):
    """How much a finding weighs: an error fails the check, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, order=True, slots=True)
class Location:
    """A place in a file of the tree.

    Attributes:
        file: path relative to the repository's root, with forward slashes.
        line: 1-based line.
        column: 1-based column, in characters.
    """

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """One problem.

    Attributes:
        location: where a person must look to fix it.
        code: `<rule>.<reason>`, such as `gpu_budget.over_limit`; its meaning never changes.
        message: what is wrong, with the value that is.
        remedy: what to do about it, as an instruction; empty where the message says it already.
        severity: error or warning.
    """

    location: Location
    code: str
    message: str
    remedy: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        tail = f"; {self.remedy}" if self.remedy else ""
        return printable(f"{self.location}: {self.severity}: {self.message}{tail} [{self.code}]")


def beyond(earlier: Iterable[Finding], later: Iterable[Finding]) -> list[Finding]:
    """Return the later findings at places without an earlier one: what follows from an error is reported once."""
    reported = {finding.location for finding in earlier}
    return [finding for finding in later if finding.location not in reported]
