"""The one way out: every text that a command prints passes through here, so that none acts on what shows it."""

from __future__ import annotations

import click


def printable(text: str) -> str:
    """Return text as the model escapes it; its import is a fifth of `dac --help`, which needs none."""
    from dac.model.printing import printable as escaped

    return escaped(text)


def say(line: str, *, err: bool = False, colour: str | None = None) -> None:
    """Print one line; a line break within it is escaped."""
    click.echo(click.style(printable(line), fg=colour), err=err)


def say_row(*fields: str) -> None:
    """Print fields with a tab between them, for other programs."""
    show("\t".join(map(printable, fields)) + "\n")


def say_lines(text: str) -> None:
    """Print what another program printed: its lines, and the fields in them."""
    for line in text.removesuffix("\n").split("\n") if text else ():
        say_row(*line.split("\t"))


def show(text: str, *, err: bool = False) -> None:
    """Print what is formatted and escaped already: findings, JSON, a table."""
    click.echo(text, nl=False, err=err)


class Failure(click.ClickException):
    """The command could not be carried out, or not as it was called: exit status 2.

    Args:
        lines: what to say, a line each.
    """

    exit_code = 2

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(map(printable, lines)))


def trace(error: BaseException) -> str:
    """Return an error's traceback, each line of it printable."""
    import traceback

    lines = "".join(traceback.format_exception(error)).splitlines()
    return "".join(f"{printable(line)}\n" for line in lines)
