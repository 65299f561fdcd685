"""`dac render`: writes what decisions, standards and catalog come to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from dac.cli._arguments import Misuse, chosen, root_option
from dac.cli._compose import failed
from dac.cli._findings import count, masked, text
from dac.cli._printer import printable, say, show
from dac.cli._profile import profile_option
from dac.cli._rendering import Rendering, rendering
from dac.cli._workers import share
from dac.model.words import plural
from dac.write import Change, Kind, carry_out, check_targets


@click.command()
@click.argument("projects", nargs=-1, metavar="[PROJECT]...")
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is not as it would be written.")
@click.option("--cluster", is_flag=True, help="Refuse images that were not built: a cluster cannot run them.")
@profile_option
@root_option
@click.pass_context
def render(ctx: click.Context, projects: tuple[str, ...], check: bool, cluster: bool, root: Path) -> None:
    """Write the manifests of every project, each standard's template and README, and CODEOWNERS.

    With projects named, only their manifests and CODEOWNERS, which has a line for every project. The same decisions,
    standards and catalog give the same bytes every time. Nothing is written while there is an error. The files that
    changed are printed on stdout.

    \b
    Examples:
      dac render
      dac render search chat
      dac render --check
    """
    result = rendering(root, chosen(root, projects) if projects else None, cluster=cluster)
    if result.findings:
        show(text(masked(result.findings, root)), err=not check)
    if failed(result.findings):
        say(f"nothing was rendered: {count(result.findings)}", err=True)
        ctx.exit(1)
    changed = result.changes(root)
    if check:
        command = " ".join(["dac render", *projects])
        show(text([result.drift(change, root, command) for change in changed]))
        say(f"{plural(len(result.files), 'file')} compared: {len(changed)} differ", err=True)
        ctx.exit(bool(changed))
    _write(changed, result, root)
    removed = sum(change.kind is Kind.STALE for change in changed)
    lines = [printable(f"{'removed' if change.kind is Kind.STALE else 'wrote'} {change.path}") for change in changed]
    show("".join(f"{line}\n" for line in lines))  # thousands at once: one by one takes longer
    same = len(result.files) - len(changed) + removed
    say(f"{len(changed) - removed} written, {removed} removed, {same} unchanged", err=True)


def _write(changed: list[Change], result: Rendering, root: Path) -> None:
    try:
        check_targets(changed, root)
    except OSError as error:
        raise Misuse(f"nothing was written: {error}; fix that, then run dac render again") from error
    _refuse_failures(share(partial(_written, result, root), [c for c in changed if c.kind is not Kind.STALE]))
    # Removals come after, and by one process: two must not take the same empty folder away.
    _refuse_failures([_written(result, root, [c for c in changed if c.kind is Kind.STALE])])


def _refuse_failures(failures: list[str]) -> None:
    for failure in filter(None, failures):
        raise Misuse(f"cannot write: {failure}; fix that, then run dac render again")


def _written(result: Rendering, root: Path, changed: Sequence[Change]) -> str:
    """Write the files; return the reason if that fails, since a worker cannot report it otherwise."""
    try:
        carry_out(changed, result.files, root)
    except OSError as error:
        return str(error)
    return ""
