"""`dac stop`: ends a run; its exit handler still runs."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._chosen_run import chosen_run
from dac.cli._cluster_runs import ClusterRuns
from dac.cli._printer import say
from dac.cli._runs import LocalRuns, cluster_option, run_source, state_option


@click.command()
@click.argument("named", metavar="RUN")
@cluster_option
@state_option
@root_option
def stop(named: str, cluster: bool, state: Path | None, root: Path) -> None:
    """End a run: its steps are told to stop, and its exit handler writes the receipt and tells whom it concerns.

    As `argo stop`: twice is once. What its steps had finished stays: they save what they have and end with 143. With
    --cluster RUN is PROJECT/RUN.

    Exit status: 0 it was told to stop, 2 misuse: there is no such run, it has ended, or the cluster refuses.

    \b
    Examples:
      dac stop search-20261128021700-ab12
      dac stop --cluster python-docs/search-1764295020
    """
    source = run_source(root, cluster, state)
    run = chosen_run(source, named)
    if not run.active:
        raise Misuse(f"{run.name} has ended already: {run.phase}")
    if isinstance(source, ClusterRuns):
        source.stop(run)
    else:
        assert isinstance(source, LocalRuns)
        process = source.history.process(run.name)
        if process is None:
            raise Misuse(f"{run.name} has ended just now")
        try:
            os.kill(process, signal.SIGTERM)  # unlike a second SIGINT, a second one ends no exit handler
        except (ProcessLookupError, PermissionError) as error:
            raise Misuse(f"process {process}, which runs {run.name}, cannot be told: {error.strerror}") from error
    say(f"{run.name} was told to stop; its exit handler still runs", err=True)
