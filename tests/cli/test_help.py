"""The list of commands, and each command's help."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
from click.testing import CliRunner
from dac import cli

Dac = Callable[..., subprocess.CompletedProcess[str]]


def test_the_list_of_commands_is_clicks_own_and_imports_none() -> None:
    group = cli.main
    context = click.Context(group)
    listed = CliRunner().invoke(group, ["--help"], terminal_width=10_000, max_content_width=10_000).stdout
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        assert f"{name} {command.get_short_help_str(9_000)}\n" in re.sub(r"(?m)^  (\w+) +", r"\1 ", listed)
    names = [f"dac.cli.{name}" for name in group.list_commands(context)]
    code = "import sys, dac.cli; dac.cli.main(['--help'], standalone_mode=False); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {*names, "yaml", "asyncio"} & set(done.stderr.split())


def test_every_command_shows_examples(dac: Dac) -> None:
    listed = dac("--help").stdout.split("Commands:")[1].split()
    commands = [word for word in listed if (Path(__file__).parents[2] / f"scripts/dac/cli/{word}.py").is_file()]
    assert {"check", "new", "standards"} <= set(commands)
    for command in commands:
        assert "Examples:" in dac(command, "--help").stdout, command


def test_help_imports_neither_the_model_nor_what_only_commands_need() -> None:
    """It is what completion and every first look wait for."""
    unneeded = "{'dac.model', 'pathlib', 'pydantic', 'yaml'}"
    script = f"import sys, dac.cli; print(sorted({unneeded} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
