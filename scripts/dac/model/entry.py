"""What a path on disk is, told without opening it: a named pipe would hold whoever opens it, for good."""

from __future__ import annotations

import stat
from pathlib import Path

LINK = "a symbolic link"
_KINDS = {
    stat.S_IFLNK: LINK,
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind_of_entry(path: Path) -> str:
    """Return what a path is where it is neither a file nor a folder, such as `a named pipe`; else an empty text."""
    try:
        return _KINDS.get(stat.S_IFMT(path.lstat().st_mode), "")
    except OSError:
        return ""


def irregular(path: Path, root: Path) -> str:
    """Return why a path is not a file of the tree, itself or a folder on the way; an empty text where it is one."""
    steps = [path, *path.parents]
    for step in reversed(steps[: steps.index(root)]):
        if kind := kind_of_entry(step):
            return f"{step.relative_to(root).as_posix()} is {kind}"
    return "" if path.is_file() else f"{path.relative_to(root).as_posix()} is not a file"
