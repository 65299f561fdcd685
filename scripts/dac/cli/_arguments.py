"""What the commands share: where the tree is, which projects are meant, where conftest is."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from dac.cli._printer import Failure
from dac.load import find_root, project_names
from dac.model.suggestion import suggestion
from dac.model.words import quoted

_CONFTEST = "conftest-v0.71.1"
_F = TypeVar("_F", bound=Callable[..., Any])


class Misuse(Failure):
    """The command cannot be carried out as it was called: exit status 2."""


def root_option(function: _F) -> _F:
    """Add `--root`; the command gets the tree's absolute path as `root`."""
    return click.option(
        "--root",
        callback=lambda _ctx, _param, value: _root(value),
        metavar="FOLDER",
        help="The tree; found from where you stand when left out.",
    )(function)


def day_option(function: _F) -> _F:
    """Add `--on`; the command gets the day that policy is evaluated for as `day`."""
    return click.option(
        "--on",
        "day",
        type=click.DateTime(["%Y-%m-%d"]),
        default=lambda: datetime.now(UTC).date().isoformat(),
        callback=lambda _ctx, _param, value: value.date(),
        show_default="today, in UTC",
        metavar="DATE",
        help="The day as of which waivers hold, and rules deny.",
    )(function)


def _root(value: str | None) -> Path:
    start = Path(value) if value else Path.cwd()
    root = find_root(start)
    if root is None or (value and root != start.resolve()):
        where = f"{value} is not" if value else f"{start} is not inside"
        raise Misuse(f"{where} a tree with standards/ and projects/; go into one, or name it with --root")
    return root


def chosen(root: Path, projects: Sequence[str]) -> list[str]:
    """Return the projects that a command's arguments name (by name or path); all of them when none is named."""
    names = project_names(root)
    if not projects:
        return names
    return sorted({_chosen(root, argument, names) for argument in projects})


def _chosen(root: Path, argument: str, names: list[str]) -> str:
    if argument in names:
        return argument
    path = Path(argument).resolve()
    if path.is_relative_to(root / "projects") and path != root / "projects":
        name = path.relative_to(root / "projects").parts[0]
        if name in names:
            return name
    raise Misuse(f"there is no project {quoted(argument)}; {suggestion(argument, names)}")


def conftest_path() -> Path:
    """Return the conftest that `make setup` built, or another that is named or on the path."""
    if named := os.environ.get("DAC_CONFTEST"):
        if not os.access(named, os.X_OK):
            raise Misuse(f"DAC_CONFTEST names {named}, which cannot be run; run: make setup")
        return Path(named)
    caches = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    built = Path(os.environ.get("DAC_CACHE") or f"{caches}/dac") / "bin" / _CONFTEST
    if os.access(built, os.X_OK):
        return built
    import shutil

    if conftest := shutil.which("conftest"):
        return Path(conftest)
    raise Misuse("conftest is not installed; run: make setup")
