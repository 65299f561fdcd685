"""What is on disk against what is rendered, and the writing of the difference.

A file is written beside its place and renamed into it, so that whoever reads meanwhile, or after a kill, finds the old
text or the new one. What such a kill leaves beside a file is stale like any other file that nothing renders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
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
            with open(root / path, "rb", buffering=0) as stream:
                same = os.fstat(stream.fileno()).st_size == len(data) and stream.read() == data
        except FileNotFoundError:
            different.append(Change(path, Kind.MISSING))
        except (NotADirectoryError, IsADirectoryError):
            different.append(Change(path, Kind.DIFFERENT))
        else:
            if not same:
                different.append(Change(path, Kind.DIFFERENT))
    return different


def stale(folders: Iterable[str], files: Mapping[str, bytes], root: Path) -> list[Change]:
    """Files in the folders that are not among `files`; the folders hold nothing but what is rendered."""
    unexpected = []
    for folder in folders:
        for directory, names, entries in os.walk(root / folder):
            at = Path(directory).relative_to(root).as_posix()
            links = [name for name in names if (Path(directory) / name).is_symlink()]
            unexpected += [Change(f"{at}/{n}", Kind.STALE) for n in (*entries, *links) if f"{at}/{n}" not in files]
    return sorted(unexpected)


def write(changed: Iterable[Change], files: Mapping[str, bytes], root: Path) -> None:
    """Carries the changes out; folders that are left empty by a removal go too.

    Raises:
        OSError: a file cannot be written; those before it are.
    """
    made: set[Path] = set()
    for change in changed:
        path = root / change.path
        if change.kind is Kind.STALE:
            path.unlink(missing_ok=True)
            _remove_empty(path.parent, root)
            continue
        if path.parent not in made:
            _refuse_outside(path.parent, root)
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        beside = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            beside.write_bytes(files[change.path])
            beside.rename(path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise


def _refuse_outside(folder: Path, root: Path) -> None:
    """Refuse a link in the tree, which would make rendering write somewhere else."""
    if not folder.resolve().is_relative_to(root.resolve()):
        raise OSError(f"{folder.relative_to(root)} leads out of the tree")


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
