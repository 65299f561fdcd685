"""`dac rollback`: leads readers of a pipeline back to its former index."""

from __future__ import annotations

from pathlib import Path

import click

from dac.cli._pipeline import call, last_event
from dac.cli._tree import root_option


@click.command()
@click.argument("pipeline", metavar="PROJECT/PIPELINE")
@click.option(
    "--bindings",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Addresses over the catalog's local ones.",
)
@root_option
@click.pass_context
def rollback(ctx: click.Context, pipeline: str, bindings: Path | None, root: Path) -> None:
    """Lead readers back to the index before the live one.

    The alias goes back in one step and the deploy manifest with it. The next run builds what the decisions say: revert
    the decision that made the bad index as well. Exit status: 0 done, 1 there is none to go back to, 2 misuse.

    \b
    Examples:
      dac rollback python-docs/search
    """
    done = call(ctx, root, pipeline, ["rollback"], bindings)
    click.echo(last_event(done.stderr), err=True)
    click.echo(done.stdout, nl=False)
    ctx.exit(1 if done.returncode else 0)
