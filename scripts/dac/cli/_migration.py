"""A project's decisions before and after its pipelines are moved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from dac.cli._arguments import Misuse
from dac.cli._compose import failed
from dac.load import load_credentials, load_repository, project_of
from dac.load.document import DECISIONS_LIMIT, read
from dac.migrate import NoRouteError, edited, newest, route
from dac.model import Finding, Pipeline, Project, Repository, Standard, StandardRef
from dac.model.suggestion import suggestion
from dac.model.words import quoted
from dac.validate import validate_projects, validate_standards


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move comes to.

    Attributes:
        project: its name.
        path: of its decisions.yaml, relative to the root.
        before: the file's bytes.
        after: the same, moved; equal to `before` where nothing moves.
        words: what the move means, a line for each pipeline.
        reason: why nothing moves, where nothing does.
        findings: what keeps it from being moved.
    """

    project: str
    path: str
    before: bytes
    after: bytes = b""
    words: list[str] = field(default_factory=list)
    reason: str = ""
    findings: list[Finding] = field(default_factory=list)


def moved(root: Path, name: str, only: str, to: StandardRef | None) -> Moved:
    """Return a project with its pipelines, or one of them, moved to a version of their standard.

    Args:
        root: the tree.
        name: the project.
        only: the pipeline; empty for all.
        to: the version; None for the newest.

    Raises:
        Misuse: the standards have errors, or something named is not there.
    """
    base, findings = load_repository(root, [])
    if failed([*findings, *validate_standards(base)]):
        raise Misuse("the standards have errors; run: dac check")
    if to is not None and to not in base.standards:
        raise Misuse(f"there is no standard {quoted(str(to))}; {suggestion(str(to), list(map(str, base.standards)))}")
    path = f"projects/{name}/decisions.yaml"
    data, findings = read(root / path, path, DECISIONS_LIMIT)
    move = Moved(name, path, data or b"", data or b"")
    project, new_findings = _checked(base, move, move.before) if data is not None else (None, findings)
    if project is None or failed(new_findings):
        return replace(move, findings=new_findings)
    if only and only not in project.pipelines:
        raise Misuse(f"{name} has no pipeline {quoted(only)}; {suggestion(only, project.pipelines)}")
    steps, findings = _steps(base, project, only, to)
    if not steps or findings:
        return replace(move, findings=findings, reason=_reason(project, only, to))
    move = replace(move, after=edited(move.before, steps), words=_words(project, steps))
    return replace(move, findings=sorted(_checked(base, move, move.after)[1]))


def _checked(base: Repository, move: Moved, data: bytes) -> tuple[Project | None, list[Finding]]:
    """Return the project of a decisions.yaml, and what `dac check` says of it before policy."""
    project, findings = project_of(move.project, data, move.path, load_credentials(base.root))
    if project is not None and not failed(findings):
        findings = findings + validate_projects(replace(base, projects={project.name: project}))
    return project, findings


def _steps(
    base: Repository, project: Project, only: str, to: StandardRef | None
) -> tuple[dict[str, list[Standard]], list[Finding]]:
    """Return what each pipeline goes through, without those that stay; and those that no migration leads on."""
    steps: dict[str, list[Standard]] = {}
    findings: list[Finding] = []
    for name, pipeline in project.pipelines.items():
        if (only and name != only) or (to is not None and not only and pipeline.standard.name != to.name):
            continue
        target = to or newest(pipeline.standard, base.standards)
        try:
            if way := route(pipeline.standard, target, base.standards):
                steps[name] = way
        except NoRouteError as error:
            findings.append(_no_route(project, pipeline, target, error))
    return steps, findings


def _no_route(project: Project, pipeline: Pipeline, target: StandardRef, error: NoRouteError) -> Finding:
    place = project.document.at(("pipelines", pipeline.name, "standard"))
    remedy = f"standards/{target.name}/{target.version}/migration.yaml would say how; or edit the decisions by hand"
    return Finding(place, "migration.no_route", str(error), remedy)


def _reason(project: Project, only: str, to: StandardRef | None) -> str:
    if to is not None:
        return f"no pipeline is of a version of {to.name} before {to.version}"
    used = sorted({str(p.standard) for name, p in project.pipelines.items() if not only or name == only})
    return f"no migration leads on from {' or '.join(used)}"


def _words(project: Project, steps: dict[str, list[Standard]]) -> list[str]:
    lines = []
    for name, standards in steps.items():
        former = project.pipelines[name].standard
        for standard in standards:
            assert standard.migration is not None
            lines.append(f"{project.name}/{name}: {former} to {standard.ref}: {standard.migration.means}")
            decided = project.pipelines[name].decisions
            lines += [f"  {key} goes: {why}" for key, why in standard.migration.drops.items() if key in decided]
            former = standard.ref
    return lines
