"""A rule of policy/, as its METADATA tells of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that a rule finds.

    Attributes:
        code: `<rule>.<short_name>`, as findings bear it.
        title: in a few words.
        message: what a finding says; `%s` and its kin stand for what was found.
        solution: what to do.
        severity: error or warning.
        denies_from: the day from which it is an error, as YYYY-MM-DD, and a warning before; empty where it always is.
    """

    code: str
    title: str
    message: str
    solution: str
    severity: str
    denies_from: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One folder policy/<name>/.

    Attributes:
        name: the folder's.
        title: in a few words.
        description: why it is a rule.
        reasons: in the file's order.
    """

    name: str
    title: str
    description: str
    reasons: tuple[Reason, ...]
