"""A plan: what changes between two commits, for whom, of which class, and what was not evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dac.model import EffectClass, Finding
from dac.plan.difference import Difference
from dac.plan.effect import PLATFORM_APPROVES, Effect
from dac.plan.policy import PolicyReport


class Status(StrEnum):
    """What became of a project: each project has one."""

    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"
    UNCHANGED = "evaluated, unchanged"
    SAME_INPUTS = "not touched"
    NOT_EVALUATED = "not evaluated"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a change concerns.

    Attributes:
        project: its name; empty for the platform itself.
        pipeline: its name; empty for the project's namespace.
        standard: what the pipeline uses.
        owner: the project's.
        former_owner: the project's at the base, where it was another: that team lets it go.
    """

    project: str
    pipeline: str = ""
    standard: str = ""
    owner: str = ""
    former_owner: str = ""

    def __str__(self) -> str:
        return f"{self.project}/{self.pipeline}" if self.pipeline else self.project or "the platform"


@dataclass(frozen=True, slots=True)
class NextRun:
    """When a pipeline runs next, as its schedule at the head says.

    Attributes:
        moment: None where somebody starts it.
        zone: the schedule's.
    """

    moment: datetime | None
    zone: str


@dataclass(frozen=True, slots=True)
class Group:
    """One change, for all that it concerns alike.

    Attributes:
        subjects: whom it concerns, sorted.
        effects: the heaviest first.
        differences: of the rendered manifests; of the first subject, where their names differ.
        next_runs: of the pipelines among the subjects that the head has.
    """

    subjects: tuple[Subject, ...]
    effects: tuple[Effect, ...]
    differences: tuple[Difference, ...] = ()
    next_runs: Mapping[Subject, NextRun] = field(default_factory=dict)

    @property
    def weight(self) -> tuple[int, str]:
        """Its place among the groups: the heaviest effect first, then by name."""
        weights = [effect.effect_class.weight for effect in self.effects]
        return min(weights, default=len(EffectClass)), str(self.subjects[0])


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change means.

    Attributes:
        base: hash of the commit that is compared with.
        head: hash of the commit that is planned; the working tree stands on it.
        uncommitted: whether the working tree differs from the head.
        groups: the heaviest first.
        statuses: project -> what became of it.
        not_evaluated: project, or what else was not looked at -> why.
        without_effect: changes under standards/ that change nothing for what was decided at the base.
        breaking: edits of a standard's released major that break projects which are valid today.
        waves: whom a changed template reaches first, where the catalog names canaries.
        policy: what the rules say of the head.
    """

    base: str
    head: str
    uncommitted: bool
    groups: tuple[Group, ...]
    statuses: Mapping[str, Status]
    not_evaluated: Mapping[str, str]
    without_effect: tuple[str, ...]
    breaking: tuple[Finding, ...]
    waves: tuple[str, ...] = ()
    policy: PolicyReport = field(default_factory=PolicyReport)

    def counts(self) -> dict[Status, int]:
        """Count the projects of each status; those without any are left out."""
        statuses = list(self.statuses.values())
        return {status: statuses.count(status) for status in Status if status in statuses}

    def approvals(self) -> dict[str, list[str]]:
        """Return who must approve: owner -> the reasons, as classes and names of projects."""
        needed: dict[str, dict[str, None]] = {}
        for group in self.groups:
            classes = {effect.effect_class for effect in group.effects}
            if central := sorted(classes & PLATFORM_APPROVES, key=lambda each: each.weight):
                needed.setdefault("platform", {}).update(dict.fromkeys(map(str, central)))
            for subject in group.subjects:
                for owner in filter(None, (subject.owner, subject.former_owner) if subject.project else ()):
                    needed.setdefault(owner, {})[subject.project] = None
        return {owner: list(reasons) for owner, reasons in sorted(needed.items())}


def grouped(changes: Sequence[tuple[Subject, tuple[Effect, ...], tuple[Difference, ...]]]) -> list[Group]:
    """Join the changes whose effects read alike, wherever their causes stand; the first subject's are shown."""
    groups: dict[object, list[tuple[Subject, tuple[Effect, ...], tuple[Difference, ...]]]] = {}
    for change in changes:
        subject, effects, _ = change
        key = (bool(subject.pipeline), tuple((e.effect_class, e.change, e.means) for e in effects))
        groups.setdefault(key, []).append(change)
    joined = [
        Group(tuple(subject for subject, *_ in members), members[0][1], members[0][2]) for members in groups.values()
    ]
    return sorted(joined, key=lambda group: group.weight)
