"""The command line: it alone composes the stages, prints, and exits.

A command lives in the module of its name and is imported when it is called, so that `dac check` does not pay for what
`dac run` needs. For the same reason nothing is imported here that `dac --help` does without, such as pathlib.
"""

from __future__ import annotations

import gc
import importlib
import os
from typing import Any, NoReturn

import click

from dac.cli._printer import Failure, show, trace

_FOLDER = os.path.dirname(__file__)


class LazyGroup(click.Group):
    """A group whose commands are the modules beside this one, each with a click command of the module's name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names, in order."""
        return sorted(
            file.removesuffix(".py") for file in os.listdir(_FOLDER) if file.endswith(".py") and file[0] != "_"
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return the command; None if there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        gc.disable()  # what is imported stays, so that to collect meanwhile, or to go through it later, frees nothing
        command = getattr(importlib.import_module(f"dac.cli.{cmd_name}"), cmd_name)
        gc.freeze()
        gc.enable()
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their first sentences, read from their files: to import all takes long."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl([(name, _unread(name).get_short_help_str(limit)) for name in names])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called; a misspelt one is reported with the closest name."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from dac.model.printing import printable
            from dac.model.suggestion import suggestion
            from dac.model.words import quoted

            remedy = suggestion(args[0], self.list_commands(ctx), otherwise="dac --help lists them")
            raise click.UsageError(printable(f"there is no command {quoted(args[0])}; {remedy}"))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; report an unforeseen error in one line, with a traceback only on request."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except OSError as error:
            _fail(f"{error.filename or 'a file'}: {error.strerror or error}", error)
        except Exception as error:
            _fail(f"a defect of dac: {type(error).__name__}: {error}; please report it with what you ran", error)


def _unread(name: str) -> click.Command:
    """Return a command that has a command's help, the docstring of its function, and nothing else."""
    with open(os.path.join(_FOLDER, f"{name}.py"), encoding="utf-8") as file:
        text = file.read()
    _, docstring, _ = text[text.index(f"\ndef {name}(") :].split('"""', 2)
    return click.Command(name, help="\n".join(line.strip() for line in docstring.splitlines()))


def _fail(what: str, error: Exception) -> NoReturn:
    """End the program with status 2: it could not do what it was asked for."""
    if os.environ.get("DAC_TRACEBACK"):
        show(trace(error), err=True)
        raise Failure(what) from error
    raise Failure(f"{what} (DAC_TRACEBACK=1 shows where)") from error


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    """Print the version, and end."""
    if wanted:
        from importlib.metadata import version

        show(f"dac {version('dac')}")
        ctx.exit()


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version, and end."
)
def main() -> None:
    """Decisions as Code: small decisions in, Argo Workflows manifests out."""
