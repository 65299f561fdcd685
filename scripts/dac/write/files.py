"""What is on disk against what is rendered, and the writing of the difference.

A file is written beside its place and renamed into it, so that whoever reads meanwhile, or after a kill, finds the old
text or the new one. What such a kill leaves beside a file is stale like any other file that nothing renders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from errno import EACCES, EISDIR, ENOTDIR, ENXIO
from pathlib import Path


class Kind(StrEnum):
    """How a file differs from what is rendered."""

    MISSING = "missing"
    DIFFERENT = "different"
    STALE = "stale"


@dataclass(frozen=True, order=True, slots=True)
class Change:
    """One file that is not as it is rendered.

    Attributes:
        path: relative to the root.
        kind: missing, different, or stale: there, and rendered by nothing.
    """

    path: str
    kind: Kind


def changes(files: Mapping[str, bytes], root: Path) -> list[Change]:
    """Which of `files` (path relative to the root -> bytes) are missing or different on disk."""
    different = []
    for path, data in files.items():
        try:
            with open(root / path, "rb", buffering=0, opener=_opened) as stream:
                same = os.fstat(stream.fileno()).st_size == len(data) and stream.read() == data
        except FileNotFoundError:
            different.append(Change(path, Kind.MISSING))
        except OSError as error:
            if error.errno not in (ENOTDIR, EISDIR, ENXIO):  # ENXIO: a socket, which cannot be opened
                raise
            different.append(Change(path, Kind.DIFFERENT))
        else:
            if not same:
                different.append(Change(path, Kind.DIFFERENT))
    return different


def _opened(path: str, flags: int) -> int:
    """Open a file; a named pipe, whose other end one would wait for, reads as empty."""
    return os.open(path, flags | os.O_NONBLOCK)


def stale(folders: Iterable[str], files: Mapping[str, bytes], root: Path) -> list[Change]:
    """Files in the folders that are not among `files`; the folders hold nothing but what is rendered.

    A folder that is a symbolic link, or lies below one, is not walked: what it leads to is not the tree's.
    """
    unexpected = []
    for folder in folders:
        if _link(root / folder, root):
            continue
        for directory, names, entries in os.walk(root / folder):
            at = Path(directory).relative_to(root).as_posix()
            links = [name for name in names if (Path(directory) / name).is_symlink()]
            unexpected += [Change(f"{at}/{n}", Kind.STALE) for n in (*entries, *links) if f"{at}/{n}" not in files]
    return sorted(unexpected)


def check_targets(changed: Iterable[Change], root: Path) -> None:
    """Check, before anything is written, that every change can be carried out inside the tree.

    Raises:
        OSError: a folder on the way is a symbolic link, is not a folder, or cannot be written to; or a folder lies
            where a file is rendered.
    """
    seen: set[Path] = set()
    for change in changed:
        path = root / change.path
        if path.parent not in seen:
            _check_folder(path.parent, root)
            seen.add(path.parent)
        if path.is_dir() and not path.is_symlink():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR), change.path)


def write(changed: Sequence[Change], files: Mapping[str, bytes], root: Path) -> None:
    """Carries the changes out; folders that are left empty by a removal go too.

    Raises:
        OSError: a target is refused by `check_targets`, and nothing was written; or a file cannot be written, and
            those before it are.
    """
    check_targets(changed, root)
    for change in changed:
        path = root / change.path
        if change.kind is Kind.STALE:
            path.unlink(missing_ok=True)
            _remove_empty(path.parent, root)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            beside.write_bytes(files[change.path])
            beside.rename(path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise


def _check_folder(folder: Path, root: Path) -> None:
    if link := _link(folder, root):
        raise OSError(f"{link} is a symbolic link; nothing is written through it")
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR), folder.relative_to(root).as_posix())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(EACCES, os.strerror(EACCES), folder.relative_to(root).as_posix())


def _link(folder: Path, root: Path) -> str:
    """Return the first symbolic link between the root and the folder, relative to the root; empty where none is."""
    way = [folder, *folder.parents]
    below = way[: way.index(root)]
    return next((step.relative_to(root).as_posix() for step in reversed(below) if step.is_symlink()), "")


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
