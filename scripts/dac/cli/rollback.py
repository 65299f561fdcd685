"""`dac rollback`: leads readers of a pipeline back to its former index."""

from __future__ import annotations

from pathlib import Path

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._cluster import on_cluster
from dac.cli._pipeline import bindings_option, call, last_event, pass_env_option
from dac.cli._printer import say, say_lines


@click.command()
@click.argument("pipeline", metavar="PROJECT/PIPELINE")
@bindings_option()
@click.option(
    "--cluster", is_flag=True, help="Do it in the cluster of the current kubeconfig, in a run that is followed."
)
@pass_env_option
@root_option
@click.pass_context
def rollback(
    ctx: click.Context, pipeline: str, bindings: Path | None, pass_env: tuple[str, ...], cluster: bool, root: Path
) -> None:
    """Lead readers back to the index before the live one.

    The alias goes back in one step and the deploy manifest with it. The next run builds what the decisions say: revert
    the decision that made the bad index as well.

    With --cluster it is a run of the project's own CronWorkflow whose only step is the rollback: a pod has the
    addresses and the keys. It waits for a run that is under way and leaves a receipt. Ctrl-C leaves it running there
    and says how to follow it on.

    Exit status: 0 done, 1 there is none to go back to, 2 misuse, 130 when a run in the cluster was left.

    \b
    Examples:
      dac rollback python-docs/search
      dac rollback --cluster python-docs/search
    """
    if cluster:
        if bindings is not None or pass_env:
            option = "--pass-env" if bindings is None else "--bindings"
            raise Misuse(f"{option} is for an index that this machine reaches; with --cluster a pod reaches it")
        ctx.exit(on_cluster(pipeline, {"action": "rollback"}))
    done = call(ctx, root, pipeline, ["rollback"], bindings, pass_env)
    say(last_event(done.stderr), err=True)
    say_lines(done.stdout)
    ctx.exit(1 if done.returncode else 0)
