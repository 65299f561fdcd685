"""What the pages say, as values: texts are as they were decided, and are escaped where they are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from dac.model import Finding, Rule

_SAFE = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


def page_name(name: str) -> str:
    """Return the name of a file for a page about `name`: itself where every file system and address takes it as it is.

    Others get a digest; a digest's name begins with an underscore, which no plain name does.
    """
    if _SAFE.fullmatch(name):
        return name
    return "_" + sha256(name.encode(errors="surrogateescape")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a pipeline.

    Attributes:
        name: with a dot before what is within a mapping.
        value: as YAML.
        meaning: the standard's words.
        chosen: whether the team wrote it; else it is the standard's default.
    """

    name: str
    value: str
    meaning: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a pipeline; a text is empty where nothing says it.

    Attributes:
        name: the workflow's.
        result: how it ended, such as Succeeded.
        when: its start.
        took: how long it took.
        verdicts, cost: what its receipt says of them.
        receipt: whether it left a receipt that can be read.
        problems: what cannot be read, a sentence each.
        failures: the steps that failed, by its receipt, with their exit codes.
    """

    name: str
    result: str
    when: str
    took: str
    verdicts: str
    cost: str
    receipt: bool
    problems: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """What one run of an evaluation scored.

    Attributes:
        run: the workflow's name.
        when: its start; empty where it is not known.
        model: what was scored, as its receipt names it.
        verdict: pass, fail or inconclusive; empty where the receipt does not say.
        values: metric -> score.
    """

    run: str
    when: str
    model: str
    verdict: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PipelinePage:
    """One pipeline.

    Attributes:
        name: as in decisions.yaml.
        standard: its reference, such as rag-indexing@v1.
        schedule: when it runs, in words.
        upcoming: the next start; empty where none is known.
        gpus: what its pods hold at once, at most.
        takes: how long a run is estimated to take.
        longest: how long a run may take.
        costs: what it is estimated to cost.
        decisions: in the standard's order.
        state: how it stands, a word of `dac status`; empty where no runs were looked at.
        why: why it is in trouble; empty where it is not.
        trouble: whether somebody should act.
        served: what readers have, by the newest receipt that says it.
        runs: its last runs, the newest first.
        scores: of an evaluation's last runs that have some, the newest first.
    """

    name: str
    standard: str
    schedule: str
    upcoming: str
    gpus: str
    takes: str
    longest: str
    costs: str
    decisions: tuple[Decision, ...]
    state: str = ""
    why: str = ""
    trouble: bool = False
    served: str = ""
    runs: tuple[Run, ...] = ()
    scores: tuple[Score, ...] = ()

    @property
    def last(self) -> Run | None:
        """Its last run; None where none is known."""
        return self.runs[0] if self.runs else None


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """One project.

    Attributes:
        name: the folder's.
        owner: empty where decisions.yaml does not say it in a way that can be read.
        pipelines: in the file's order; none where the project has errors.
        findings: what is wrong with it.
    """

    name: str
    owner: str
    pipelines: tuple[PipelinePage, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether an error keeps it from being expanded."""
        return not self.pipelines


@dataclass(frozen=True, slots=True)
class StandardPage:
    """One standard.

    Attributes:
        ref: such as rag-indexing@v1.
        folder: path relative to the root.
        summary: one line.
        decisions: (name, meaning, default, choices or examples, what a change of it changes) of each.
        limits: (name, value) of each.
        picture: its DAG as SVG.
        columns: of the steps' table.
        steps: a text of Markdown for each column, of each step.
    """

    ref: str
    folder: str
    summary: str
    decisions: tuple[tuple[str, str, str, str, str], ...]
    limits: tuple[tuple[str, str], ...]
    picture: str
    columns: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Team:
    """One owner.

    Attributes:
        name: as in the catalog.
        summary: one line.
        handle: its name at the Git host.
        budget: (what, how much) of each.
    """

    name: str
    summary: str
    handle: str
    budget: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Waiver:
    """One exception to a rule, a text for each of its fields."""

    rule: str
    path: str
    value: str
    until: str
    owner: str
    reason: str


@dataclass(frozen=True, slots=True)
class Site:
    """All that the pages say.

    Attributes:
        moment: as of when, in words.
        source: which commit, in words; empty where Git cannot tell.
        runs: where runs were looked for, in words.
        projects: by name.
        standards: by reference.
        rules: by name.
        teams: by name.
        waivers: in the file's order.
        calendar: (columns of a row) of each pipeline, those that run soonest first.
        calendar_title: which days, in words.
        calendar_notes: starts that are skipped or doubled, and where GPUs may collide, a sentence each.
        drawing: the calendar as an SVG file of its own; empty where nothing has a schedule.
    """

    moment: str
    source: str
    runs: str
    projects: Mapping[str, ProjectPage]
    standards: Mapping[str, StandardPage]
    rules: tuple[Rule, ...]
    teams: tuple[Team, ...]
    waivers: tuple[Waiver, ...]
    calendar: tuple[tuple[str, ...], ...]
    calendar_title: str
    calendar_notes: tuple[str, ...]
    drawing: str
