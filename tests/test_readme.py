"""README's tree against the disk: what it shows is there, and no folder of the first two levels is left out."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
UNLISTED = {"policy", ".github", ".ci"}  # a folder a rule, and GitHub's own: their captions say what is in them


def shown() -> dict[str, str]:
    """Path -> caption of every line of README's tree, two spaces a level."""
    block = next(b for b in (ROOT / "README.md").read_text().split("```") if b.startswith("\nREADME.md"))
    found, parents = {}, [""]
    for line in block.strip().splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        name, _, caption = line.strip().partition(" ")
        parents = [*parents[: depth + 1], name]
        found["".join(parents)] = caption.strip()
    return found


def test_every_line_of_the_tree_is_on_the_disk_and_has_a_caption() -> None:
    assert {path for path in shown() if not (ROOT / path).exists()} == set()
    assert {path for path, caption in shown().items() if not caption} == set()


def test_every_folder_of_two_levels_is_in_the_tree() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    parts = [path.split("/") for path in tracked.splitlines()]
    folders = {f"{p[0]}/" for p in parts if len(p) > 1}
    folders |= {f"{p[0]}/{p[1]}/" for p in parts if len(p) > 2 and p[0] not in UNLISTED}
    folders -= {".ci/"}  # shown as the one file in it
    assert folders - set(shown()) == set()
