"""What a comparison finds of some projects."""

from __future__ import annotations

from dataclasses import dataclass, field

from dac.plan import Difference, Effect, Status, Subject

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
    """

    changes: list[Change] = field(default_factory=list)
    central: dict[str, Central] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=dict)
    not_evaluated: dict[str, str] = field(default_factory=dict)

    def join(self, other: Compared) -> None:
        """Take in what was found of other projects."""
        self.changes += other.changes
        self.statuses |= other.statuses
        self.not_evaluated |= other.not_evaluated
        for key, central in other.central.items():
            self.central.setdefault(key, Central(central.differences, [])).subjects.extend(central.subjects)
