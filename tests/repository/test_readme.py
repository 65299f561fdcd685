"""README's tree against the disk: what it shows is there, and no folder of the first two levels is left out.

And what any page tells people to run: each `make TARGET` and each `dac COMMAND` is one that there is.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from dac.cli import main

ROOT = Path(__file__).parents[2]
# A folder a rule, a folder a project, and GitHub's own: their captions say what is in them.
UNLISTED = {"policy", "projects", ".github", ".ci"}
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def tracked(*patterns: str) -> list[str]:
    """Return the committed files, or those that match the patterns."""
    command = ["git", "ls-files", *patterns]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def shown() -> Iterator[tuple[str, str]]:
    """Path and caption of every line of README's tree, two spaces a level."""
    block = next(b for b in (ROOT / "README.md").read_text().split("```") if b.startswith("\nREADME.md"))
    parents = [""]
    for line in block.strip().splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        name, _, caption = line.strip().partition(" ")
        parents = [*parents[: depth + 1], name]
        yield "".join(parents), caption.strip()


def test_every_line_of_the_tree_is_on_the_disk_and_has_a_caption() -> None:
    assert [path for path, _ in shown() if not (ROOT / path).exists()] == []
    assert [path for path, caption in shown() if not caption] == []


def test_no_line_of_the_tree_is_there_twice() -> None:
    paths = [path for path, _ in shown()]
    assert sorted({path for path in paths if paths.count(path) > 1}) == []


def test_every_folder_of_two_levels_is_in_the_tree() -> None:
    parts = [path.split("/") for path in tracked()]
    folders = {f"{p[0]}/" for p in parts if len(p) > 1}
    folders |= {f"{p[0]}/{p[1]}/" for p in parts if len(p) > 2 and p[0] not in UNLISTED}
    folders -= {".ci/"}  # shown as the one file in it
    assert folders - {path for path, _ in shown()} == set()


def named(page: str, tool: str) -> set[str]:
    """Return the words after a tool's name in a page's code: its targets or commands."""
    code = "\n".join(CODE.findall((ROOT / page).read_text()))
    return set(re.findall(rf"(?:^|[\s`/]){tool} +([a-z][a-z-]*)", code, re.MULTILINE))


@pytest.mark.parametrize("page", tracked("*.md"))
def test_what_a_page_tells_to_run_is_there(page: str) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named(page, "make") - targets == set(), f"{page} speaks of targets that the Makefile lacks"
    assert named(page, "dac") - set(main.list_commands(click.Context(main))) == set(), f"{page}: no such command"


def test_the_table_has_every_command() -> None:
    rows = re.findall(r"^\| `dac ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(main.list_commands(click.Context(main)))
