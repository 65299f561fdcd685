"""A folder of this machine as an origin of documents."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from runtime.errors import InputError

from index.origins.choice import Choice
from index.origins.original import Original, Skipped, unfit


class Folder:
    """Gives a folder's files, however deep; what is hidden and links are skipped.

    Args:
        path: the folder.
        choice: which files are wanted.

    Raises:
        InputError: it is not a folder.
    """

    def __init__(self, path: Path, choice: Choice) -> None:
        if path.is_file():
            raise InputError(f"{path}: a file, not a folder; give the folder that it lies in, and include it alone")
        if not path.is_dir():
            raise InputError(f"{path}: there is no such folder")
        self._path, self._choice = path, choice

    def documents(self, former: Mapping[str, str]) -> Iterator[Original | Skipped]:
        """Yield each file with its bytes: a file's time does not prove that it is as it was."""
        for name, path in sorted(self._files()):
            if path is None:
                yield Skipped(name, "hidden")
            elif path.is_symlink():
                yield Skipped(name, "a link")
            elif not path.is_file():
                yield Skipped(name, "not a plain file")
            elif why := self._choice.refusal(name):
                yield Skipped(name, why)
            else:
                yield _read(name, path)

    def _files(self) -> Iterator[tuple[str, Path | None]]:
        """Yield names with their files; None for what is hidden."""
        for folder, inner, files in os.walk(self._path, onerror=_refuse):
            top = Path(folder).relative_to(self._path).as_posix()
            links = [name for name in inner if Path(folder, name).is_symlink()]
            for each in [*files, *links, *(name for name in inner if name.startswith("."))]:
                name = each if top == "." else f"{top}/{each}"
                yield name, None if each.startswith(".") else Path(folder, each)
            inner[:] = [name for name in inner if not name.startswith(".")]


def _refuse(error: OSError) -> None:
    raise InputError(f"{error.filename}: this folder cannot be read: {error.strerror}") from error


def _read(name: str, path: Path) -> Original | Skipped:
    try:
        return unfit(name, path.stat().st_size) or Original(name, data=path.read_bytes())
    except OSError as error:
        return Skipped(name, f"cannot be read: {error.strerror}", kept=True)
