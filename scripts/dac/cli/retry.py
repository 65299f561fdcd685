"""`dac retry`: starts a run's pipeline again, as that run was started."""

from __future__ import annotations

from pathlib import Path

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._chosen_run import chosen_run
from dac.cli._cluster import on_cluster
from dac.cli._printer import say
from dac.cli._run_estimates import ARGUMENT, predicted
from dac.cli._runs import RunSource, cluster_option, run_source, state_option
from dac.load import TreePipeline, load_pipelines, project_names
from dac.load.standards import load_standards
from dac.model.run_record import RunRecord
from dac.model.words import quoted

_OWN = ("commit", ARGUMENT)  # are those of the tree at the new run's start


@click.command()
@click.argument("named", metavar="RUN")
@cluster_option
@state_option
@root_option
@click.pass_context
def retry(ctx: click.Context, named: str, cluster: bool, state: Path | None, root: Path) -> None:
    """Start the pipeline of a run that has ended again, with the arguments that were set by hand for it.

    It is a new run of what the decisions and the templates say now, which does not begin in the middle: `argo retry`
    would change the state of a run, which belongs to the controller here. What earlier runs have finished is not done
    again where the standard keeps it: vectors of unchanged documents, a judge's grades.

    With --cluster RUN is PROJECT/RUN; the new run is followed, as by `dac run --cluster`.

    Exit status: as `dac run`: 0 the new run succeeded, 1 it failed, 2 it was refused, 130 it was left in the cluster.

    \b
    Examples:
      dac retry search-20261128021700-ab12
      dac retry --cluster python-docs/search-1764295020
    """
    source = run_source(root, cluster, state)
    run = chosen_run(source, named)
    if run.active:
        raise Misuse(f"{run.name} has not ended; to end it: {source.commands.stop(run.project, run.name)}")
    pipeline = _pipeline(root, run)
    given = _by_hand(root, source, run, pipeline)
    named_arguments = "".join(f" {name}={quoted(value)}" for name, value in sorted(given.items()))
    say(f"{pipeline.project}/{pipeline.name} again{named_arguments}", err=True)
    if cluster:
        expected = predicted(root, f"{pipeline.project}/{pipeline.name}", source)
        ctx.exit(on_cluster(f"{run.project}/{run.pipeline}", {**expected, **given}))
    from dac.cli.run import run as run_command

    ctx.invoke(
        run_command,
        pipeline=f"{pipeline.project}/{pipeline.name}",
        parameters=tuple(f"{name}={value}" for name, value in given.items()),
        state=state,
        root=root,
    )


def _pipeline(root: Path, run: RunRecord) -> TreePipeline:
    """Return the pipeline that a run was of, as the tree has it."""
    if not run.pipeline or run.project not in project_names(root):
        raise Misuse(f"{run.name} is not a run of a pipeline of this tree: start its file again with dac run -f")
    pipelines, _ = load_pipelines(root, [run.project])
    pipeline = next((each for each in pipelines if each.workflow == run.pipeline), None)
    if pipeline is None:
        raise Misuse(f"{run.project} no longer has a pipeline {quoted(run.pipeline)}")
    return pipeline


def _by_hand(root: Path, source: RunSource, run: RunRecord, pipeline: TreePipeline) -> dict[str, str]:
    """Return the arguments of a run that a person may set, where they are not what the pipeline has anyway."""
    standards, _, _ = load_standards(root)
    standard = next((s for ref, s in standards.items() if str(ref) == pipeline.standard), None)
    if standard is None:
        return {}
    manifest = source.cron_workflow(pipeline) or {}
    held = manifest.get("spec", {}).get("workflowSpec", {}).get("arguments", {}).get("parameters") or []
    template = standard.template.data["spec"].get("arguments", {}).get("parameters") or []
    own = {item["name"]: str(item.get("value", "")) for item in [*template, *held]}
    free = {name for name, parameter in standard.parameters.items() if parameter.by_hand} - set(_OWN)
    return {name: value for name, value in run.arguments.items() if name in free and value != own.get(name, "")}
