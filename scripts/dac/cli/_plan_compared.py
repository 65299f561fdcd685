"""What a comparison finds of some projects."""

from __future__ import annotations

from dataclasses import dataclass, field

from dac.plan import Difference, Effect, NextRun, Status, Subject

Change = tuple[Subject, tuple[Effect, ...], tuple[Difference, ...]]


@dataclass(slots=True)
class Central:
    """What the centre's change does to some subjects alike.

    Attributes:
        differences: the manifests'; the first subject's, where names differ.
        subjects: whom it concerns.
    """

    differences: tuple[Difference, ...]
    subjects: list[Subject]


@dataclass(slots=True)
class Compared:
    """What was found of some projects.

    Attributes:
        changes: what teams decided, a pipeline or a namespace each.
        central: by a key that is equal for what is changed alike.
        statuses: of each project.
        not_evaluated: project -> why.
        next_runs: project and pipeline -> when it runs next, of those that change and are still there.
    """

    changes: list[Change] = field(default_factory=list)
    central: dict[str, Central] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=dict)
    not_evaluated: dict[str, str] = field(default_factory=dict)
    next_runs: dict[tuple[str, str], NextRun] = field(default_factory=dict)

    def join(self, other: Compared) -> None:
        """Take in what was found of other projects."""
        self.changes += other.changes
        self.statuses |= other.statuses
        self.not_evaluated |= other.not_evaluated
        self.next_runs |= other.next_runs
        for key, central in other.central.items():
            self.central.setdefault(key, Central(central.differences, [])).subjects.extend(central.subjects)
