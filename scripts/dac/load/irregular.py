"""Finds what is neither a file nor a folder of the tree itself, where everything has to be one or the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from dac.load.entries import entries_below
from dac.model import Finding, Location
from dac.model.entry import LINK, kind_of_entry

_FOLDERS = ("standards", "policy", "images", ".github", ".gitlab")  # beside projects/: where the tool or CI reads


def irregular_findings(root: Path, projects: Sequence[str] | None) -> list[Finding]:
    """Find every symbolic link, named pipe, socket and device where the tool or a cluster reads; none is opened.

    Args:
        root: the tree.
        projects: look below these projects alone; None looks below all.
    """
    folders = ["projects"] if projects is None else [f"projects/{name}" for name in projects]
    kinds = {path: kind for folder in (*_FOLDERS, *folders) for path, kind in _irregular(root, folder)}
    return [_finding(path, kinds[path]) for path in sorted(kinds, key=PurePosixPath)]


def _irregular(root: Path, top: str) -> Iterator[tuple[str, str]]:
    if kind := kind_of_entry(root / top):
        yield top, kind
        return
    for path, regular in entries_below(root, top):
        if not regular and (kind := kind_of_entry(root / path)):
            yield path, kind


def _finding(path: str, kind: str) -> Finding:
    if kind == LINK:
        return Finding(Location(path), "tree.link", f"{path} is {kind}", "put the file or folder itself here")
    return Finding(Location(path), "tree.special", f"{path} is {kind}, not a file or a folder", "remove it")
