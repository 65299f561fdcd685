"""`dac logs`: what the steps of a run printed."""

from __future__ import annotations

from pathlib import Path

import click

from dac.cli._archive import Archive
from dac.cli._arguments import Misuse, root_option
from dac.cli._chosen_run import chosen_run
from dac.cli._cluster_runs import ClusterRuns
from dac.cli._printer import say
from dac.cli._runs import RunSource, cluster_option, run_source, state_option
from dac.model.run_record import RunRecord, StepRecord
from dac.model.suggestion import suggestion
from dac.model.words import quoted
from dac.status import failing_steps, failures_of, readable


@click.command()
@click.argument("named", metavar="RUN")
@click.argument("step", required=False, default="", metavar="[STEP]")
@cluster_option
@click.option("--tail", type=click.IntRange(1, 1_000_000), metavar="LINES", help="The last lines of each step alone.")
@click.option("--raw", is_flag=True, help="The lines as they were printed; JSON is shown as its message otherwise.")
@state_option
@root_option
@click.pass_context
def logs(
    ctx: click.Context,
    named: str,
    step: str,
    cluster: bool,
    tail: int | None,
    raw: bool,
    state: Path | None,
    root: Path,
) -> None:
    """Show what a run's steps printed: those that failed, or all where none did; or one STEP and its tries.

    STEP is a step's name (`embed`: every shard), one shard (`embed(3:3)`) or one try (`embed(3:3)(0)`).

    Without --cluster they are the files in .dac/runs/RUN/logs. With it RUN is PROJECT/RUN: the pods' logs while the
    pods are there, two minutes past their end; then those that Argo archived in the artifact store (archiveLogs), which
    outlive the Workflow itself. They are read with your own credentials for that store, through the environment of the
    image `rag`.

    Exit status: 0 shown, 1 a step has no log (any more), 2 misuse, or a cluster or a store that refuses.

    \b
    Examples:
      dac logs search-20261128021700-ab12
      dac logs search-20261128021700-ab12 embed --tail 20
      dac logs --cluster python-docs/search-1764295020 'embed(3:3)'
    """
    source = run_source(root, cluster, state)
    if isinstance(source, ClusterRuns) and "/" in named and not source.exists(*named.split("/", 1)):
        _archived(root, named, step, tail, raw)
        return
    run = chosen_run(source, named)
    if not run.steps and failures_of(run):
        _received(run, raw)
        ctx.exit(1)
    steps = _chosen_steps(run, step)
    if not steps:
        why = f": {run.message}" if run.message else ""
        say(f"the logs of {run.name} are gone" if run.receipt else f"no step of {run.name} was started{why}", err=True)
    lacking = 0
    for each in steps:
        lines = _lines(source, root, run, each, tail)
        if lines is None:
            lacking += 1
            say(
                f"{each.name} ({each.phase}) has no log: {each.message or 'it printed nothing, or never started'}",
                err=True,
            )
            continue
        _show(each.name if len(steps) > 1 else "", lines[-tail:] if tail else lines, raw)
    ctx.exit(1 if lacking or not steps else 0)


def _chosen_steps(run: RunRecord, wanted: str) -> list[StepRecord]:
    pods = [step for step in run.steps if step.kind == "Pod"]
    if not wanted:
        return [step for step in failing_steps(run) if step.kind == "Pod"] or pods
    chosen = [step for step in pods if step.name == wanted or step.name.startswith((f"{wanted}(", f"{wanted}."))]
    if not chosen:
        names = sorted({step.name.split("(")[0] for step in pods})
        raise Misuse(f"{run.name} has no step {quoted(wanted)}; {suggestion(wanted, names)}")
    return chosen


def _lines(source: RunSource, root: Path, run: RunRecord, step: StepRecord, tail: int | None) -> tuple[str, ...] | None:
    lines = source.tail(run, step, tail)
    if lines is None and step.archive:
        return Archive(root).log(step.archive)
    return lines


def _archived(root: Path, named: str, step: str, tail: int | None, raw: bool) -> None:
    """Show the archived logs of a run that the cluster no longer has."""
    project, _, run = named.partition("/")
    archive = Archive(root)
    held = archive.logs(project, run)
    if not held:
        raise Misuse(f"there is no run {quoted(named)}: neither the cluster nor {archive.bucket} has it")
    chosen = [(pod, key) for pod, key in held if not step or pod.startswith(f"{run}-{step.split('(')[0]}-")]
    if not chosen:
        raise Misuse(f"no pod of {run} was of step {quoted(step)}; there are logs of: {', '.join(p for p, _ in held)}")
    for pod, key in chosen:
        lines = archive.log(key)
        _show(pod, lines[-tail:] if tail else lines, raw)


def _received(run: RunRecord, raw: bool) -> None:
    """Show what the receipt of a run holds of its logs, which are gone."""
    say(f"the logs of {run.name} are gone; its receipt holds the last lines of the steps that failed", err=True)
    for failure in failures_of(run):
        lines = failure.get("lines")
        shown = lines if isinstance(lines, list) else [failure.get("message", "")]
        _show(str(failure.get("step", "")), tuple(map(str, shown)), raw)


def _show(heading: str, lines: tuple[str, ...], raw: bool) -> None:
    if heading:
        say(f"{heading}:", err=True)
    for line in lines:
        say(line if raw else readable(line))
