"""What is on disk against what is rendered, and the writing of the difference.

A file is written beside its place and renamed into it, so that whoever reads meanwhile, or after a kill, finds the old
text or the new one. What such a kill leaves beside a file is stale like any other file that nothing renders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from errno import EACCES, EISDIR, ENOTDIR, ENXIO
from pathlib import Path
from stat import S_ISDIR, S_ISLNK


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
            with open(f"{root}/{path}", "rb", buffering=0, opener=_opened) as stream:
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
    ways = _Ways(root)
    for folder in folders:
        if ways.link(folder):
            continue
        for directory, names, entries in os.walk(f"{root}/{folder}"):
            at = directory.removeprefix(f"{root}/")
            links = [name for name in names if os.path.islink(f"{directory}/{name}")]
            unexpected += [Change(f"{at}/{n}", Kind.STALE) for n in (*entries, *links) if f"{at}/{n}" not in files]
    return sorted(unexpected)


def check_targets(changed: Iterable[Change], root: Path) -> None:
    """Check, before anything is written, that every change can be carried out inside the tree.

    Raises:
        OSError: a folder on the way is a symbolic link, is not a folder, or cannot be written to; or a folder lies
            where a file is rendered.
    """
    ways = _Ways(root)
    for change in changed:
        there = ways.check(_folder(change.path))
        if there and ways.is_folder(change.path):
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR), change.path)


def write(changed: Sequence[Change], files: Mapping[str, bytes], root: Path) -> None:
    """Check the targets of the changes, then carry them out.

    Raises:
        OSError: a target is refused by `check_targets`, and nothing was written; or a file cannot be written, and
            those before it are.
    """
    check_targets(changed, root)
    carry_out(changed, files, root)


def carry_out(changed: Sequence[Change], files: Mapping[str, bytes], root: Path) -> None:
    """Carry out changes whose targets were checked; folders that are left empty by a removal go too.

    Raises:
        OSError: a file cannot be written, and those before it are.
    """
    made: set[str] = {""}
    for change in changed:
        path = f"{root}/{change.path}"
        if change.kind is Kind.STALE:
            Path(path).unlink(missing_ok=True)
            _remove_empty(Path(path).parent, root)
            made = {""}  # it may be one of those
            continue
        folder, _, name = path.rpartition("/")
        _make(_folder(change.path), root, made)
        beside = f"{folder}/.{name}.{os.getpid()}.new"
        try:
            with open(beside, "wb", buffering=0) as stream:
                rest = memoryview(files[change.path])
                while rest:
                    rest = rest[stream.write(rest) :]
            os.rename(beside, path)
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise


class _Ways:
    """The folders between the root and what is written, each looked at once; what is looked at must not change."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._modes: dict[str, int | None] = {}  # path relative to the root -> its mode; None where nothing is
        self._checked: dict[str, bool] = {}

    def link(self, folder: str) -> str:
        """Return the first symbolic link between the root and the folder, relative to the root; empty: none."""
        above = self.link(_folder(folder)) if "/" in folder else ""
        return above or (folder if S_ISLNK(self._mode(folder) or 0) else "")

    def check(self, folder: str) -> bool:
        """Check that files can be made in a folder, or it itself; return whether it is there.

        Raises:
            OSError: as `check_targets`.
        """
        if folder in self._checked:
            return self._checked[folder]
        if link := self.link(folder):
            raise OSError(f"{link} is a symbolic link; nothing is written through it")
        nearest = folder
        while nearest and self._mode(nearest) is None:
            nearest = _folder(nearest)
        if nearest and not self.is_folder(nearest):
            raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR), nearest)
        if not os.access(f"{self._root}/{nearest}", os.W_OK | os.X_OK):
            raise PermissionError(EACCES, os.strerror(EACCES), nearest or ".")
        there = self._checked[folder] = nearest == folder
        return there

    def is_folder(self, path: str) -> bool:
        """Whether a folder is there, and no link to one."""
        return S_ISDIR(self._mode(path) or 0)

    def _mode(self, path: str) -> int | None:
        if path not in self._modes:
            # Nothing is below what is not a folder: the nearest of those is what is in the way.
            above = _folder(path)
            self._modes[path] = self._looked_at(path) if not above or self.is_folder(above) else None
        return self._modes[path]

    def _looked_at(self, path: str) -> int | None:
        try:
            return os.lstat(f"{self._root}/{path}").st_mode
        except FileNotFoundError:
            return None


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _make(folder: str, root: Path, made: set[str]) -> None:
    """Make a folder and those above it; `made` are those that need not be looked at, relative to the root."""
    if folder in made:
        return
    try:
        os.mkdir(f"{root}/{folder}")
    except FileExistsError:
        pass
    except FileNotFoundError:
        _make(_folder(folder), root, made)
        with suppress(FileExistsError):  # another worker's
            os.mkdir(f"{root}/{folder}")
    made.add(folder)


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
