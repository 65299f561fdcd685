"""Where the commands that ask about runs find them: on this machine, or in a cluster."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import click

from dac.cli._arguments import Misuse, chosen
from dac.load import TreePipeline, load_pipelines
from dac.load.standards import load_catalog
from dac.model.run_record import RunRecord, StepRecord
from dac.model.suggestion import suggestion
from dac.model.words import quoted
from dac.status import Commands, failing_steps

LINES = 20  # of a failed step's log
_ENDPOINTS = "standards/catalog/endpoints.yaml"


def _there(_ctx: click.Context, _param: click.Parameter, state: Path | None) -> Path | None:
    """Return the folder that is named, which a run has made; a slip would be taken for a state without runs."""
    if state is not None and not state.is_dir():
        raise Misuse(f"{state} is not there; name the folder that dac run was given as --state, or leave it out")
    return state


cluster_option = click.option(
    "--cluster", is_flag=True, help="Ask the cluster of the current kubeconfig instead of this machine."
)
state_option = click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    callback=_there,
    help="The state folder; .dac in the tree when left out.",
)


class RunSource(Protocol):
    """Where runs are found."""

    commands: Commands
    at_once: int  # projects that may be asked about at once

    def prepare(self, projects: Collection[str]) -> None:
        """Ask at once for what will be asked of each of these projects, where the place can."""

    def runs(self, pipeline: TreePipeline, limit: int) -> list[RunRecord]:
        """Return a pipeline's runs, the newest first; their steps may be left out."""

    def whole(self, run: RunRecord) -> RunRecord:
        """Return a run with its steps."""

    def tail(self, run: RunRecord, step: StepRecord, lines: int | None) -> tuple[str, ...] | None:
        """Return the last lines of a step's log, or all; None where there is none (any more)."""

    def cron_workflow(self, pipeline: TreePipeline) -> Mapping[str, Any] | None:
        """Return the pipeline's CronWorkflow; None where there is none."""

    def notes(self, pipeline: TreePipeline) -> Sequence[str]:
        """Return what else the place says of a pipeline, a sentence each."""

    def missing_secrets(self, pipeline: TreePipeline) -> Sequence[str]:
        """Return the Secrets that a pipeline's pods need and that are not there."""


def run_source(root: Path, cluster: bool, state: Path | None) -> RunSource:
    """Return where runs are found.

    Raises:
        Misuse: `--state` and `--cluster` were both given, or there is no cluster.
    """
    if cluster:
        if state is not None:
            raise Misuse("--state is for runs on this machine; with --cluster they are in the cluster")
        from dac.cli._cluster_runs import ClusterRuns

        return ClusterRuns(root)
    return LocalRuns(root, state)


def tree_pipelines(root: Path, named: str) -> tuple[list[TreePipeline], list[str]]:
    """Return the pipelines that PROJECT, PROJECT/PIPELINE or nothing names, and what cannot be read.

    Raises:
        Misuse: there is no such project or pipeline; the message names the nearest.
    """
    project, slash, wanted = named.partition("/")
    pipelines, unreadable = load_pipelines(root, chosen(root, [project] if named else []))
    if not slash:
        return pipelines, unreadable
    names = [pipeline.name for pipeline in pipelines]
    if wanted not in names:
        raise Misuse(f"{project} has no pipeline {quoted(wanted)}; {suggestion(wanted, names)}")
    return [pipeline for pipeline in pipelines if pipeline.name == wanted], unreadable


def with_failure(source: RunSource, run: RunRecord) -> RunRecord:
    """Return a run with its steps, and the last lines of the step that failed first."""
    run = source.whole(run)
    steps = failing_steps(run) or tuple(s for s in run.steps if s.kind == "Pod" and s.phase == "Running")
    if not steps or run.phase == "Running":
        return run
    lines = source.tail(run, steps[0], LINES)
    return replace(run, tails={steps[0].name: lines}) if lines else run


class LocalRuns:
    """The runs on this machine, as `dac run` leaves them.

    Args:
        root: the tree.
        state: the state folder; .dac in the tree when left out.
        receipts: a folder with receipts; where the catalog's local addresses lead when left out.
    """

    def __init__(self, root: Path, state: Path | None, receipts: Path | None = None) -> None:
        from dac.run.local.history import History

        self.commands = Commands(cluster=False)
        self.at_once = 1  # files are read by one processor anyway
        folder = (state or root / ".dac").resolve()
        lie, unread = (receipts, "") if receipts else _receipts_folder(root, folder)
        self.history = History(folder, lie, unread)

    def prepare(self, projects: Collection[str]) -> None:
        """As RunSource: files are read where they are."""

    def runs(self, pipeline: TreePipeline, limit: int) -> list[RunRecord]:
        """As RunSource."""
        return self.history.runs(pipeline.project, pipeline.workflow, limit)

    def whole(self, run: RunRecord) -> RunRecord:
        """As RunSource."""
        return run

    def tail(self, run: RunRecord, step: StepRecord, lines: int | None) -> tuple[str, ...] | None:
        """As RunSource."""
        from dac.run.local.history import tail

        return tail(step, lines)

    def cron_workflow(self, pipeline: TreePipeline) -> Mapping[str, Any] | None:
        """As RunSource."""
        return pipeline.manifest

    def notes(self, pipeline: TreePipeline) -> Sequence[str]:
        """As RunSource."""
        return () if pipeline.manifest else (f"it is not rendered: dac render {pipeline.project}",)

    def missing_secrets(self, pipeline: TreePipeline) -> Sequence[str]:
        """As RunSource: on this machine the bindings supply them."""
        return ()


def _receipts_folder(root: Path, state: Path) -> tuple[Path | None, str]:
    """Return the folder that the catalog's local address of the artifact store leads to, or why there is none."""
    catalog, _ = load_catalog(root)
    endpoints: Mapping[str, Any] = catalog.kinds.get("endpoints", {}) if catalog else {}
    if not endpoints:
        return None, f"receipts are not read: {_ENDPOINTS} cannot be read; dac check says why"
    entries = (endpoints.get(name) for name in ("objects", "artifacts"))
    objects, artifacts = (str(e.get("local", "")) if isinstance(e, dict) else "" for e in entries)
    objects, artifacts = (address.replace("{state}", str(state)) for address in (objects, artifacts))
    if artifacts.startswith("file://"):
        return Path(artifacts.removeprefix("file://")), ""
    if artifacts.startswith("s3://") and objects.startswith("file://"):
        return Path(objects.removeprefix("file://")) / artifacts.removeprefix("s3://"), ""
    where = f"{artifacts or 'no address'} at {objects or 'no address'}"
    return None, f"receipts are not read: they lie in {where} (`local` in {_ENDPOINTS}), which is not a folder"
