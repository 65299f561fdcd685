"""Finds files that Argo CD would read, or heed, although nothing renders to them, and those that nothing reads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from dac.load.entries import entries_below
from dac.load.unread import unread_findings
from dac.model import Finding, Location

# Argo CD merges such a file of an application's folder into the application's source, and so into what it reads.
_OVERRIDE = ".argocd-source"
_RENDERED = "rendered.yaml"
_SUBMODULES = ".gitmodules"
# What a host reads in place of, or beside, what is rendered: GitLab takes the first of these before .gitlab/CODEOWNERS.
_OTHER_OWNERS = ("CODEOWNERS", "docs/CODEOWNERS")


def stray_findings(root: Path, projects: Sequence[str] | None) -> list[Finding]:
    """Find the files in Argo CD's reach that stand where nothing is rendered, and standards' files that nothing reads.

    Args:
        root: the tree.
        projects: look below these projects alone; None looks below all.
    """
    folders = ["projects"] if projects is None else [f"projects/{name}/rendered" for name in projects]
    if os.path.lexists(root / _SUBMODULES):
        text = f"{_SUBMODULES} brings files of other repositories, which Argo CD would read and nobody reviews here"
        return [Finding(Location(_SUBMODULES), "tree.submodule", text, "remove it, and commit the files themselves")]
    owners = [_owners_finding(path) for path in _OTHER_OWNERS if os.path.lexists(root / path)]
    standards = [PurePosixPath(path) for path, _ in entries_below(root, "standards")]
    # Most files are rendered, where they should be; of the few others each is looked at.
    others = [path for folder in folders for path, _ in entries_below(root, folder) if not _is_rendered(path)]
    looked_at = sorted([*standards, *map(PurePosixPath, others)])
    strays = [finding for path in looked_at if (finding := _finding(path, root))]
    return owners + strays + unread_findings(standards)


def _owners_finding(path: str) -> Finding:
    text = f"{path} says who approves what, to a host that reads it in place of what dac render writes"
    return Finding(Location(path), "tree.code_owners", text, "remove it")


def _is_rendered(path: str) -> bool:
    """Whether a file of a project stands where it may, without an ending or a name that says more."""
    parts = path.split("/")
    return len(parts) == 5 and parts[2] == "rendered" and path.endswith(".yaml") and "/." not in path


def _finding(path: PurePosixPath, root: Path) -> Finding | None:
    place = Location(path.as_posix())
    if path.name.startswith(_OVERRIDE):
        text = f"{path} changes what Argo CD reads from its folder"
        return Finding(place, "tree.source_override", text, "remove it")
    if path.parts[0] == "standards":
        stray = path.name == _RENDERED and not _of_standard(path, root)
        remedy = "remove it; a standard is a folder standards/<name>/v<number> with a standard.yaml"
    else:
        # A hidden folder is not a project here, and is one to an Argo CD that includes hidden directories.
        nowhere = len(path.parts) != 5 or path.suffix != ".yaml" or path.parts[1].startswith(".")
        stray = path.parts[2:3] == ("rendered",) and nowhere
        remedy = "remove it, or run dac render, which does"
    return Finding(place, "tree.stray", f"{path} is rendered by nothing", remedy) if stray else None


def _of_standard(path: PurePosixPath, root: Path) -> bool:
    """Whether a standard's own folder, as `load_standards` finds it, holds the file."""
    return len(path.parts) == 4 and path.parts[2].startswith("v") and (root / path.parent / "standard.yaml").is_file()
