"""What the site says of each project, of its pipelines and of their runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dac.calendar import Entry
from dac.cli._calendar_entries import hours
from dac.cli._compose import Composed
from dac.cli._findings import masked
from dac.cli._moments import clock, clocks
from dac.cli._run_facts import cost, took, verdicts
from dac.cli._runs import RunSource
from dac.cli._statuses import statuses_of
from dac.load import TreePipeline, load_credentials
from dac.model import Finding, Pipeline, Standard
from dac.model.quoting import flow
from dac.model.run_record import RunRecord
from dac.model.standard import with_defaults
from dac.site import Decision, LastRun, PipelinePage, ProjectPage
from dac.status import PipelineStatus

_UNKNOWN = "-"  # how `dac runs` shows that a receipt does not say a thing


@dataclass(frozen=True, slots=True)
class Runs:
    """Where runs are looked for.

    Attributes:
        source: what reads them.
        words: the place, in a sentence.
        searched: whether there is such a place; if not, nothing is said of runs.
    """

    source: RunSource
    words: str
    searched: bool


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
    statuses = statuses_of(runs.source, _tree_pipelines(composed), moment)
    by_name = {(status.project, status.pipeline): status for status in statuses}
    pages = {}
    for name in composed.names:
        project = repository.projects.get(name)
        pipelines = []
        for pipeline in project.pipelines.values() if project else ():
            status, entry = by_name[name, pipeline.name], entries.get(f"{name}/{pipeline.name}")
            page = _Words(redact, runs.searched).page(pipeline, repository.standards[pipeline.standard], entry, status)
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


class _Words:
    """Puts a pipeline into words.

    Args:
        redact: hides credentials: what runs left was never searched for them.
        runs_searched: whether runs were looked for.
    """

    def __init__(self, redact: Callable[[str], str], runs_searched: bool) -> None:
        self._redact, self._runs_searched = redact, runs_searched

    def page(self, pipeline: Pipeline, standard: Standard, entry: Entry | None, status: PipelineStatus) -> PipelinePage:
        """Return what is said of a pipeline."""
        upcoming = status.schedule.upcoming if status.schedule else None
        page = PipelinePage(
            pipeline.name,
            str(pipeline.standard),
            _schedule(entry),
            clocks(upcoming, entry.zone) if entry and upcoming else "",
            str(entry.gpus) if entry else "not known",
            hours(entry.longest) if entry else "not known",
            tuple(_decisions(pipeline.decisions, standard.decisions)),
        )
        return self._with_runs(page, status) if self._runs_searched else page

    def _with_runs(self, page: PipelinePage, status: PipelineStatus) -> PipelinePage:
        failure = status.failure
        why = ""
        if failure is not None:
            why = f"{failure.step.name}: {failure.reason}" if failure.step else failure.reason
        newest = status.running[0] if status.running else status.last
        served = status.served.what or "nothing yet" if status.served else ""
        return replace(
            page,
            state=status.state,
            why=self._redact(why),
            trouble=status.trouble,
            served=self._redact(served),
            last=self._run(newest) if newest else None,
        )

    def _run(self, run: RunRecord) -> LastRun:
        return LastRun(
            run.name,
            self._redact(run.phase or "Pending"),
            clock(run.started) if run.started else "",
            took(run),
            self._redact(_receipt_words(verdicts(run))),
            self._redact(_receipt_words(cost(run))),
            run.receipt is not None,
            tuple(map(self._redact, run.problems)),
        )


def _receipt_words(facts: str) -> str:
    """Return what a receipt says; empty where it does not."""
    return "" if facts == _UNKNOWN else facts


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
