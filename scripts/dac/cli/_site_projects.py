"""What the site says of each project, of its pipelines and of their runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from dac.calendar import Entry
from dac.cli._calendar_entries import costs, hours, takes
from dac.cli._compose import Composed
from dac.cli._findings import masked
from dac.cli._moments import clocks
from dac.cli._site_runs import Runs
from dac.cli._statuses import statuses_of
from dac.load import TreePipeline, load_credentials
from dac.model import Finding, Pipeline, Standard
from dac.model.quoting import flow
from dac.model.standard import with_defaults
from dac.site import Decision, PipelinePage, ProjectPage
from dac.status import PipelineStatus


def project_pages(
    composed: Composed, entries: Mapping[str, Entry], runs: Runs, moment: datetime
) -> dict[str, ProjectPage]:
    """Return what the site says of each project, by name; no text of it holds a credential.

    Args:
        composed: the tree.
        entries: the calendar, by PROJECT/PIPELINE.
        runs: where runs are looked for.
        moment: as of when.
    """
    repository = composed.repository
    redact = load_credentials(repository.root).redact
    findings = _by_project(masked(composed.findings, repository.root))
    rendered = {(pipeline.project, pipeline.name): pipeline for pipeline in _tree_pipelines(composed)}
    statuses = statuses_of(runs.source, list(rendered.values()), moment)
    by_name = {(status.project, status.pipeline): status for status in statuses}
    pages = {}
    for name in composed.names:
        project = repository.projects.get(name)
        pipelines = []
        for pipeline in project.pipelines.values() if project else ():
            status, entry = by_name[name, pipeline.name], entries.get(f"{name}/{pipeline.name}")
            page = _page(pipeline, repository.standards[pipeline.standard], entry, status)
            if runs.searched:
                page = runs.with_runs(page, rendered[name, pipeline.name], status, redact)
            pipelines.append(page)
        shown = redact(name)
        pages[shown] = ProjectPage(shown, project.owner if project else "", tuple(pipelines), findings.get(shown, ()))
    return pages


def _by_project(findings: list[Finding]) -> dict[str, tuple[Finding, ...]]:
    by_project: dict[str, list[Finding]] = {}
    for finding in findings:
        parts = finding.location.file.split("/")
        if parts[0] == "projects" and len(parts) > 1:
            by_project.setdefault(parts[1], []).append(finding)
    return {name: tuple(own) for name, own in by_project.items()}


def _tree_pipelines(composed: Composed) -> list[TreePipeline]:
    objects = {manifest.path: manifest.objects[0] for manifest in composed.manifests if manifest.objects}
    return [
        TreePipeline(
            project.name,
            pipeline.name,
            pipeline.workflow,
            str(pipeline.standard),
            objects.get(f"projects/{project.name}/rendered/pipelines/{pipeline.workflow}.yaml"),
        )
        for project in composed.repository.projects.values()
        for pipeline in project.pipelines.values()
    ]


def _page(pipeline: Pipeline, standard: Standard, entry: Entry | None, status: PipelineStatus) -> PipelinePage:
    """Return what is said of a pipeline, but of its runs."""
    upcoming = status.schedule.upcoming if status.schedule else None
    return PipelinePage(
        pipeline.name,
        str(pipeline.standard),
        _schedule(entry),
        clocks(upcoming, entry.zone) if entry and upcoming else "",
        str(entry.gpus) if entry else "not known",
        takes(entry) if entry else "not known",
        hours(entry.longest) if entry else "not known",
        costs(entry) if entry else "not known",
        tuple(_decisions(pipeline.decisions, standard.decisions)),
    )


def _schedule(entry: Entry | None) -> str:
    if entry is None:
        return "not known: it renders to nothing"
    return "on demand" if entry.suspended else f"{entry.cron} in {entry.zone}"


def _decisions(chosen: Mapping[str, Any], schema: Mapping[str, Any], prefix: str = "") -> Iterator[Decision]:
    """Yield the decisions in effect, in the standard's order."""
    values = with_defaults(chosen, schema)
    for name, part in schema.get("properties", {}).items():
        if name not in values:
            continue
        value = values[name]
        if isinstance(value, Mapping) and part.get("properties"):
            given = chosen.get(name)
            yield from _decisions(given if isinstance(given, Mapping) else {}, part, f"{prefix}{name}.")
            continue
        yield Decision(prefix + name, flow(value), part.get("description", ""), name in chosen)
