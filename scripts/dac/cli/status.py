"""`dac status`: how pipelines stand, those that need somebody first."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._printer import say, show
from dac.cli._runs import cluster_option, run_source, state_option, tree_pipelines
from dac.cli._status_formats import COLUMNS, SPARE, document, lines, row
from dac.cli._statuses import statuses_of
from dac.cli._table import print_table
from dac.model.words import plural
from dac.status import Commands, PipelineStatus, by_urgency

_PAUSE = 5.0  # seconds between two looks
_YEARS = range(1971, 9000)  # in which schedules can be worked out


@click.command()
@click.argument("named", required=False, default="", metavar="[PROJECT[/PIPELINE]]")
@cluster_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--watch", "-w", is_flag=True, help="Look again every 5 seconds, and print what has changed.")
@state_option
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    metavar="MOMENT",
    help="Judge as of this moment, in UTC, instead of now.",
)
@root_option
@click.pass_context
def status(
    ctx: click.Context,
    named: str,
    cluster: bool,
    as_json: bool,
    watch: bool,
    state: Path | None,
    at: datetime | None,
    root: Path,
) -> None:
    """Say how pipelines stand: the last run, what is served, what is due, what to do.

    Of one pipeline it says all: the step that failed, its exit code and what that means, its last lines, what readers
    are served since when, how many starts were due since the last success, the next start, and the commands to go on
    with. Of several it is a table, trouble first, of which a narrow terminal shows fewer
    columns and cuts none. What is served is what the newest receipt says.

    Without --cluster it is about runs on this machine, which `dac run` left in .dac. With it, about the cluster of the
    current kubeconfig: its runs, its CronWorkflows, and the Secrets that pods need.

    \b
    States, the most urgent first:
      killed               a run's process ended without saying how it went
      failed               the last run did not end well
      exit handler failed  the run ended well; its receipt or its message did not
      no receipt           the last run ended without one: terminated, or its exit handler killed
      stuck                a run has waited for a lock or a quota for two hours
      missed               the last start that was due did not come (in a cluster)
      stale                two starts or more were due since the last success
      secret missing       the next run will fail: the namespace lacks a Secret (in a cluster)
      unreadable           the record or the receipt of the last run cannot be read
      running, waiting, never run, on demand, ok

    Exit status: 0 when no pipeline is in trouble, 1 when one is (any state above `running`), 2 misuse or a cluster that
    does not answer.

    \b
    Examples:
      dac status
      dac status python-docs/search
      dac status --cluster python-docs --watch
      dac status --json
    """
    if at and at.year not in _YEARS:
        raise Misuse(f"nothing can be said as of {at:%Y-%m-%d}; give --at a moment like 2026-11-28T08:00")
    pipelines, unreadable = tree_pipelines(root, named)
    source = run_source(root, cluster, state)
    former, statuses = "", []
    try:
        while True:
            now = at.replace(tzinfo=UTC) if at else datetime.now(UTC)
            statuses = by_urgency(statuses_of(source, pipelines, now))
            shown = repr([(s.state, s.last and s.last.name, [run.name for run in s.running]) for s in statuses])
            if shown != former:
                _print(statuses, unreadable, now, source.commands, as_json=as_json, whole="/" in named)
            former = shown
            if not watch:
                break
            time.sleep(_PAUSE)
            source = run_source(root, cluster, state)
    except KeyboardInterrupt:  # also while it looks
        if not watch:
            raise
    ctx.exit(1 if unreadable or any(each.trouble for each in statuses) else 0)


def _print(
    statuses: list[PipelineStatus],
    unreadable: list[str],
    now: datetime,
    commands: Commands,
    *,
    as_json: bool,
    whole: bool,
) -> None:
    if as_json:
        show(document(statuses, now))
    elif whole:
        for each in statuses:
            for line in lines(each, now):
                say(line)
    else:
        print_table(COLUMNS, [row(each, now) for each in statuses], "why", SPARE)
        troubled = [each for each in statuses if each.trouble]
        if troubled:
            first = commands.status(troubled[0].project, troubled[0].pipeline)
            say(f"{plural(len(troubled), 'pipeline')} of {len(statuses)} in trouble; see {first}", err=True)
    for sentence in unreadable:
        say(sentence, err=True)
