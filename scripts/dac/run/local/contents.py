"""Contents of the files and folders that a step leaves: read, written and copied without waiting and without end.

A named pipe blocks whoever opens it, a device may never end, and a sparse file can be larger than the disk. So a file
is opened without blocking, must turn out to be a regular one, and is copied with its holes; links are copied as links.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

MOST_TEXT = 1024 * 1024  # bytes of a parameter: more does not fit an object of the cluster
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class SpecialFile(PermissionError):
    """A path at which something else than a regular file or a folder lies, or more than is read."""


def read(path: Path) -> bytes:
    """Return what a regular file holds.

    Raises:
        SpecialFile: it is not a regular file, or is too large for a parameter.
        OSError: it cannot be read.
    """
    descriptor = _opened(path)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MOST_TEXT + 1)
    if len(data) > MOST_TEXT:
        raise SpecialFile(errno.EFBIG, f"a parameter has at most {MOST_TEXT:,} bytes; make it an artifact", str(path))
    return data


def write(path: Path, text: str) -> None:
    """Write a regular file.

    Raises:
        SpecialFile: something else than a regular file lies there.
    """
    descriptor = _opened(path, os.O_WRONLY | os.O_CREAT)
    os.ftruncate(descriptor, 0)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def copy(source: Path, target: Path) -> None:
    """Copy a file, or a folder with all that is below it, over what the target holds.

    Raises:
        SpecialFile: something else than regular files, folders and links lies there.
        OSError: it cannot be copied.
    """
    if not source.is_dir():
        _copy_file(source, target)
        return
    refuse_special(source)
    try:
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, copy_function=_copy_file)
    except shutil.Error as error:
        first = error.args[0][0]
        raise OSError(errno.EIO, first[2], str(first[0])) from error


def refuse_special(source: Path) -> None:
    """Refuse a file or folder that is or holds something else than regular files, folders and links.

    Raises:
        SpecialFile: it does.
    """
    for path in (source, *source.rglob("*")):
        _refuse_special(path, path.lstat())


def _copy_file(source: str | Path, target: str | Path) -> None:
    reading = _opened(Path(source))
    try:
        writing = _opened(Path(target), os.O_WRONLY | os.O_CREAT)
        try:
            size = os.fstat(reading).st_size
            os.ftruncate(writing, 0)
            os.ftruncate(writing, size)
            for start, end in _filled(reading, size):
                os.lseek(writing, start, os.SEEK_SET)
                while start < end and (sent := os.sendfile(writing, reading, start, min(end - start, 1 << 30))):
                    start += sent
        finally:
            os.close(writing)
    finally:
        os.close(reading)
    shutil.copystat(source, target)


def _filled(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each part of a file that is not a hole."""
    end = 0
    while end < size:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # a hole up to the end
                return
            raise
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, min(end, size)


def _opened(path: Path, flags: int = os.O_RDONLY) -> int:
    if path.exists():  # opening a device can act by itself, and a socket cannot be opened
        _refuse_special(path, path.stat())
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a pipe to nobody, put there since
            raise SpecialFile(error.errno, "it is not a regular file", str(path)) from error
        raise
    try:
        _refuse_special(path, os.fstat(descriptor), regular=True)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_special(path: Path, status: os.stat_result, *, regular: bool = False) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if kind in _KINDS:
        raise SpecialFile(errno.EINVAL, f"it is {_KINDS[kind]}, not a regular file or a folder", str(path))
    if regular and kind == stat.S_IFDIR:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
