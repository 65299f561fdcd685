"""A folder that a command writes whole: put together beside its place, and renamed into it.

The folder holds a list of its own files. One that holds anything else is somebody's, and is left alone.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

LIST = "dac-site.json"


class NotOursError(Exception):
    """The folder holds what its command did not write; the text says what."""


def check_folder(folder: Path) -> None:
    """Check that a folder may be replaced: it is not there, is empty, or holds only files that it lists itself.

    Raises:
        NotOursError: something else is there.
        OSError: it cannot be looked into.
    """
    if folder.is_symlink():
        raise NotOursError("it is a symbolic link")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise NotOursError("it is a file")
    listed = _listed(folder)
    for path in _files(folder):
        if path not in listed:
            raise NotOursError(f"it holds {path}, which dac did not write")
    if not listed and any(folder.iterdir()):
        raise NotOursError("it holds folders that dac did not write")


def _files(folder: Path) -> Iterator[str]:
    """Yield what is below a folder and is not a folder itself, as relative paths; links too."""
    for directory, folders, names in os.walk(folder):
        folders.sort()
        links = [name for name in folders if os.path.islink(os.path.join(directory, name))]
        yield from (Path(directory, name).relative_to(folder).as_posix() for name in sorted([*names, *links]))


def _listed(folder: Path) -> set[str]:
    path = folder / LIST
    if path.is_symlink():
        return set()
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return set()
    files = content.get("files") if isinstance(content, dict) else None
    return {LIST, *(file for file in files if isinstance(file, str))} if isinstance(files, list) else set()


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder hold exactly these files (relative path -> bytes) and their list.

    Whoever looks meanwhile sees the old folder, none for an instant, or the new one. What a killed run left beside it
    is removed.

    Raises:
        NotOursError: the folder is not to be replaced.
        OSError: it cannot be written; the folder is as it was.
    """
    check_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f".{_escaped(folder.name)}.dac-*"):
        if not _runs(left.name.rpartition("-")[2]):
            shutil.rmtree(left, ignore_errors=True)
    new, old = (folder.with_name(f".{folder.name}.dac-{kind}-{os.getpid()}") for kind in ("new", "old"))
    try:
        _fill(new, files)
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    content = json.dumps({"version": 1, "files": sorted(files)}, indent=1) + "\n"
    for parent in sorted({Path(path).parent for path in files}):
        (folder / parent).mkdir(parents=True, exist_ok=True)
    for path, data in {**files, LIST: content.encode()}.items():
        (folder / path).write_bytes(data)


def _escaped(name: str) -> str:
    """Return a name for a glob that means itself."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _runs(pid: str) -> bool:
    """Whether a process of this number runs; what is not a number is somebody's own name."""
    if not pid.isascii() or not pid.isdigit():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
