"""`dac runs`: the runs there were, how long they took, what they decided and cost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from dac.cli._archive import Receipts
from dac.cli._arguments import Misuse, root_option
from dac.cli._moments import clock
from dac.cli._printer import say, show
from dac.cli._run_estimates import Compared, RunEstimates
from dac.cli._run_facts import cost, run_json, took, verdicts
from dac.cli._runs import cluster_option, run_source, state_option, tree_pipelines
from dac.cli._table import print_table
from dac.estimate import NEWEST
from dac.model.printing import json_printable
from dac.model.run_record import RunRecord

_COLUMNS = ("run", "pipeline", "phase", "started", "took", "verdicts", "cost", "predicted", "actual")
_SPARE = ("actual", "predicted", "cost", "verdicts", "took")  # what a narrow terminal leaves out first


@click.command()
@click.argument("named", required=False, default="", metavar="[PROJECT[/PIPELINE]]")
@cluster_option
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="The most of a pipeline.")
@click.option("--receipts", is_flag=True, help="With --cluster: also runs of which the artifact store alone knows.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@state_option
@root_option
@click.pass_context
def runs(
    ctx: click.Context,
    named: str,
    cluster: bool,
    limit: int,
    receipts: bool,
    as_json: bool,
    state: Path | None,
    root: Path,
) -> None:
    """List runs, the newest first: phase, start, duration, verdicts and cost.

    Without --cluster those of this machine: their records in .dac/runs, and receipts whose record is gone. With it
    those that the cluster still has: a day after a success, seven days after a failure; with --receipts those too that
    left a receipt in the artifact store, which keeps them for the days of the catalog's `retention`. They are read with
    your own credentials for that store, through the environment of the image `rag`. Verdicts and costs are the
    receipts', each in the standard's own words and unit. `actual` is what the pods of a run's steps took, at the prices
    of the catalog; `predicted` is what the runs before it with the same arguments let expect, or the standard's figures
    where there were none: as `dac run` gave it to the run, or reckoned now for one that a schedule started.

    Exit status: 0, also when there are none, 1 when decisions or a receipt cannot be read, 2 misuse or a cluster that
    does not answer.

    \b
    Examples:
      dac runs
      dac runs python-docs/search --limit 5
      dac runs --cluster python-docs --json
      dac runs --cluster python-docs/search --receipts --limit 100
    """
    if receipts and not cluster:
        raise Misuse(
            "--receipts is about a cluster's artifact store: give --cluster too; on this machine they are read anyway"
        )
    pipelines, unreadable = tree_pipelines(root, named)
    source = run_source(root, cluster, state)
    archived = Receipts(root).runs(pipelines, limit + NEWEST) if receipts else {}
    estimates = RunEstimates(root, sorted({pipeline.project for pipeline in pipelines}))
    listed = []
    for pipeline in pipelines:
        records = source.runs(pipeline, limit + NEWEST)  # the oldest that is listed is predicted by those before it
        there = {run.name for run in records}
        gone = [run for run in archived.get((pipeline.project, pipeline.workflow), []) if run.name not in there]
        records = sorted([*records, *gone], key=lambda run: run.order, reverse=True)
        for index, listed_run in enumerate(records[:limit]):
            run = source.whole(listed_run) if listed_run.name in there else listed_run
            listed.append((pipeline, run, estimates.of(pipeline, run, records[index + 1 :])))
    listed.sort(key=lambda item: item[1].order, reverse=True)
    if as_json:
        rows = [
            {"project": p.project, "pipeline": p.name, **run_json(run), **compared.data()}
            for p, run, compared in listed
        ]
        content = {"version": 1, "at": datetime.now(UTC).isoformat(), "runs": rows}
        show(json_printable(json.dumps(content, indent=2, ensure_ascii=False)) + "\n")
    else:
        print_table(
            _COLUMNS, [_row(f"{p.project}/{p.name}", run, compared) for p, run, compared in listed], spare=_SPARE
        )
    problems = [*unreadable, *(f"{run.name}: {problem}" for _, run, _ in listed for problem in run.problems)]
    for problem in problems:
        say(problem, err=True)
    ctx.exit(1 if problems else 0)


def _row(pipeline: str, run: RunRecord, compared: Compared) -> tuple[str, ...]:
    started = clock(run.started) if run.started else "-"
    row = run.name, pipeline, run.phase or "Pending", started, took(run) or "-", verdicts(run), cost(run)
    return *row, *compared.words()
