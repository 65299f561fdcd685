"""Finds symbolic links where every file must be the tree's own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from dac.model import Finding, Location


def link_findings(root: Path, projects: Sequence[str] | None) -> list[Finding]:
    """Find every symbolic link at or below standards/ and projects/; what a link leads to is not looked at.

    Args:
        root: the tree.
        projects: look below these projects alone; None looks below all.
    """
    folders = ["projects"] if projects is None else [f"projects/{name}" for name in projects]
    links = {link for folder in ("standards", *folders) for link in _links(root / folder)}
    return [_finding(link.relative_to(root).as_posix()) for link in sorted(links)]


def _links(folder: Path) -> Iterator[Path]:
    if folder.is_symlink():
        yield folder
        return
    for directory, names, files in os.walk(folder):
        yield from (path for name in (*names, *files) if (path := Path(directory, name)).is_symlink())


def _finding(link: str) -> Finding:
    return Finding(Location(link), "tree.link", f"{link} is a symbolic link", "put the file or folder itself here")
