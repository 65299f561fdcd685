"""The command line: it alone composes the stages, prints, and exits.

A command lives in the module of its name and is imported when it is called, so that `dac check` does not pay for what
`dac run` needs.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import click


class LazyGroup(click.Group):
    """A group whose commands are the modules beside this one, each with a click command of the module's name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        folder = Path(__file__).parent
        return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = getattr(importlib.import_module(f"dac.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Decisions as Code: small decisions in, Argo Workflows manifests out."""
