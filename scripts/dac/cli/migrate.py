"""`dac migrate`: a project's pipelines, moved to another version of their standard."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from dac.cli._arguments import Misuse, chosen, root_option
from dac.cli._compose import failed
from dac.cli._findings import count, masked, text
from dac.cli._migration import Moved, moved
from dac.cli._printer import say, show
from dac.cli._rendering import rendering
from dac.load import load_credentials
from dac.model import Finding, StandardRef
from dac.model.words import quoted
from dac.write import Change, Kind, write


@click.command()
@click.argument("pipeline", metavar="PROJECT[/PIPELINE]")
@click.option(
    "--to", metavar="NAME@VERSION", help="The version to move to; the newest that a migration leads to when left out."
)
@click.option("--write", "written", is_flag=True, help="Write decisions.yaml, and render the project.")
@root_option
@click.pass_context
def migrate(ctx: click.Context, pipeline: str, to: str | None, written: bool, root: Path) -> None:
    """Move pipelines to a newer version of their standard, as its migration.yaml says.

    Prints how decisions.yaml would differ, and what that means for each pipeline; --write changes the file and renders
    the project. Comments, order and quotes stay, and so does every line that the move does not concern. A project
    that has errors before or after the move is left as it is. Exit status: 0 moved, or nothing to move; 1 refused,
    with findings; 2 misuse.

    \b
    Examples:
      dac migrate python-docs
      dac migrate python-docs/search --to rag-indexing@v2
      dac migrate python-docs --write
    """
    name, _, only = pipeline.strip("/").partition("/")
    [project] = chosen(root, [name])
    move = moved(root, project, only, _wanted(to))
    if failed(move.findings):
        _refuse(ctx, move.findings, root)
    if move.before == move.after:
        say(f"{pipeline}: nothing to move; {move.reason}", err=True)
        return
    if written:
        _write(ctx, move, root)
        say(move.path)
    else:
        show(load_credentials(root).redact(_difference(move)))
    for line in move.words:
        say(line, err=True)
    again = f"dac migrate {pipeline}{f' --to {to}' if to else ''} --write"
    say(f"next: {f'dac check {project} && git diff' if written else again}", err=True)


def _wanted(to: str | None) -> StandardRef | None:
    if to is None:
        return None
    name, at, version = to.partition("@")
    if not (name and at and version.removeprefix("v").isdecimal() and version.startswith("v")):
        raise Misuse(f"{quoted(to)} is not NAME@VERSION; write one such as rag-indexing@v2")
    return StandardRef(name, version)


def _difference(move: Moved) -> str:
    before, after = (text.decode().splitlines(keepends=True) for text in (move.before, move.after))
    lines = difflib.unified_diff(before, after, f"a/{move.path}", f"b/{move.path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _write(ctx: click.Context, move: Moved, root: Path) -> None:
    """Write the decisions and what they render to; where they do not render, the decisions as they were."""
    _replace(move.path, move.after, root)
    result = rendering(root, [move.project])
    if failed(result.findings):
        _replace(move.path, move.before, root)
        _refuse(ctx, result.findings, root)
    try:
        write(result.changes(root), result.files, root)
    except OSError as error:
        raise Misuse(f"cannot write: {error}; fix that, then run dac render {move.project}") from error


def _replace(path: str, data: bytes, root: Path) -> None:
    try:
        write([Change(path, Kind.DIFFERENT)], {path: data}, root)
    except OSError as error:
        raise Misuse(f"cannot write: {error}; nothing was moved") from error


def _refuse(ctx: click.Context, findings: list[Finding], root: Path) -> None:
    show(text(masked(findings, root)))
    say(f"nothing was moved: {count(findings)}", err=True)
    ctx.exit(1)
