"""How pipelines stand, by what a place says of their runs: for `dac status` and for the site."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import groupby

from dac.cli._due import Due
from dac.cli._runs import RunSource, with_failure
from dac.load import TreePipeline
from dac.status import PipelineStatus, assess

_RUNS = 10  # of a pipeline that are looked at


def statuses_of(source: RunSource, pipelines: Sequence[TreePipeline], now: datetime) -> list[PipelineStatus]:
    """Return how each of some pipelines stands.

    Args:
        source: where their runs are.
        pipelines: which.
        now: as of when.
    """
    projects = [list(of) for _, of in groupby(pipelines, key=lambda pipeline: pipeline.project)]
    source.prepare({pipeline.project for pipeline in pipelines})
    due = Due(now)
    with ThreadPoolExecutor(source.at_once) as threads:
        asked = threads.map(lambda of: _of_project(source, of, due, now), projects)
        return [status for of in asked for status in of]


def _of_project(source: RunSource, pipelines: Sequence[TreePipeline], due: Due, now: datetime) -> list[PipelineStatus]:
    statuses = []
    for pipeline in pipelines:
        runs = source.runs(pipeline, _RUNS)
        # All of a run is read where it is shown: the runs under way, and the last one that ended.
        ended = next((run for run in runs if not run.active), None)
        runs = [with_failure(source, run) if run.active or run is ended else run for run in runs]
        schedule = due.schedule(source.cron_workflow(pipeline))
        missing = source.missing_secrets(pipeline)
        notes = tuple(source.notes(pipeline))
        statuses.append(assess(pipeline.project, pipeline.name, runs, schedule, now, source.commands, missing, notes))
    return statuses
