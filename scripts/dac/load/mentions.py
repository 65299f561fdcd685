"""Reads many decisions.yaml files without parsing them: which may name some owner, and which are as they were."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256

from dac.load.document import DECISIONS_LIMIT
from dac.load.projects import FILE

# With one of these, a text may be written in the file in other bytes than its own: an escape, or another encoding.
_OTHERWISE = (b"\\", b"\0")
_USUAL = 4096  # bytes, which few files reach


def files_mentioning(root: str, projects: Sequence[str], owners: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each project whose file may name one of the owners; one that cannot be read is left out.

    Args:
        root: the tree.
        projects: their folders' names.
        owners: texts; a file without any of them, as it is or escaped, names none of them.
    """
    words = (*(owner.encode() for owner in owners), *_OTHERWISE)
    for name, data in _files(root, projects):
        if any(word in data for word in words):
            yield name, data


def decisions_digests(root: str, projects: Sequence[str]) -> dict[str, str]:
    """Return a digest of each project's name and file."""
    return {name: sha256(f"{name}\n".encode() + data).hexdigest() for name, data in _files(root, projects)}


def _files(root: str, projects: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    folder = os.open(f"{root}/projects", os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in projects:
            yield name, _bytes(f"{name}/{FILE}", folder)
    finally:
        os.close(folder)


def _bytes(path: str, folder: int) -> bytes:
    """Return a file's bytes; none of what is not a file, none of which waits for another end."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return b""
    try:
        data = os.read(number, _USUAL)
        return data if len(data) < _USUAL else data + os.read(number, DECISIONS_LIMIT)
    except OSError:
        return b""
    finally:
        os.close(number)
