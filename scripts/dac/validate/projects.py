"""A project's decisions, held against its standards' schemas and the catalog."""

from __future__ import annotations

import re

from dac.model import Document, Finding, Pipeline, Pointer, Project, Repository, StandardRef
from dac.model.suggestion import choose_from, did_you_mean, nearest
from dac.model.words import article_list, quoted
from dac.validate.checks import check_findings
from dac.validate.decisions import Decided
from dac.validate.schema import Schemas

_INDEX = re.compile(r"(?P<pipeline>.+)-[0-9a-f]{12}")  # images/rag/index/identity.py joins them


def project_findings(
    project: Project, repository: Repository, schemas: Schemas, estimates: bool = True
) -> list[Finding]:
    """Every finding about one project; `schemas` are those of the repository's standards."""
    findings = _collisions(project)
    for pipeline in project.pipelines.values():
        pointer = ("pipelines", pipeline.name)
        standard = repository.standards.get(pipeline.standard)
        if standard is not None:
            decided = Decided(pipeline, standard, repository, project.document, schemas)
            own = decided.findings()
            if estimates and not own:
                own = list(check_findings(project, pipeline, repository))
            findings += own
        elif pipeline.standard not in repository.broken:
            findings.append(_unknown_standard(pipeline, repository, project.document, (*pointer, "standard")))
    return findings


def _collisions(project: Project) -> list[Finding]:
    first: dict[str, Pipeline] = {}
    findings = []
    workflows = {pipeline.workflow for pipeline in project.pipelines.values()}
    for pipeline in project.pipelines.values():
        other = first.setdefault(pipeline.workflow, pipeline)
        if other is not pipeline:
            findings.append(
                Finding(
                    project.document.at_key(("pipelines", pipeline.name)),
                    "pipeline.collision",
                    f"{quoted(pipeline.name, 70)} and {quoted(other.name, 70)} are both cut to "
                    f"{quoted(pipeline.workflow)}: a CronWorkflow's name has 52 characters at most",
                    "rename one so that they differ earlier",
                )
            )
        if (index := _INDEX.fullmatch(pipeline.workflow)) and index["pipeline"] in workflows:
            findings.append(
                Finding(
                    project.document.at_key(("pipelines", pipeline.name)),
                    "pipeline.collision",
                    f"{quoted(pipeline.name, 70)} is what an index of {quoted(index['pipeline'], 70)} can be called: "
                    "its name and twelve digits of a fingerprint",
                    "rename it",
                )
            )
    return findings


def _unknown_standard(pipeline: Pipeline, repository: Repository, document: Document, pointer: Pointer) -> Finding:
    ref, standards = pipeline.standard, sorted({*repository.standards, *repository.broken}, key=str)
    place = document.at(pointer)
    versions = [other for other in standards if other.name == ref.name]
    if versions:
        return Finding(
            place,
            "standard.unknown_version",
            f"standard {quoted(ref.name)} has no version {quoted(ref.version)}",
            f"write {article_list(str(v) for v in versions)}",
        )
    guess = _nearest_standard(ref, standards)
    remedy = did_you_mean(str(guess)) if guess else choose_from(map(str, standards))
    return Finding(place, "standard.unknown", f"there is no standard {quoted(str(ref))}", remedy)


def _nearest_standard(ref: StandardRef, standards: list[StandardRef]) -> StandardRef | None:
    name = nearest(ref.name, {other.name for other in standards})
    same = [other for other in standards if other.name == name]
    exact = [other for other in same if other.version == ref.version]
    return next(reversed(exact or same), None)
