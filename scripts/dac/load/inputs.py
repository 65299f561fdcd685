"""A digest of all that standards, the catalog and rules are read from, and of the program that reads them.

Files of the tree are in it by their names and bytes; the program, of hundreds of files, by what the file system says of
each, with the time of its last change, which nobody sets back; libraries by their versions.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator

import yaml

import dac

_FOLDERS = ("standards", "policy")
_ZONES = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo")


def inputs_digest(root: str) -> str | None:
    """Return the digest; None where something in these folders is neither a file nor a folder, or cannot be read."""
    whole = hashlib.sha256()
    try:
        for part in (*_program(), root.encode(), *(part for top in _FOLDERS for part in _files(f"{root}/{top}"))):
            whole.update(len(part).to_bytes(8, "big"))
            whole.update(part)
    except (OSError, ValueError):
        return None
    return whole.hexdigest()


def _files(folder: str) -> Iterator[bytes]:
    with os.scandir(folder) as listed:
        entries = sorted(listed, key=lambda entry: entry.name)
    for entry in entries:
        yield os.fsencode(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield b"folder"
            yield from _files(entry.path)
        elif entry.is_file(follow_symlinks=False):
            with open(entry.path, "rb", buffering=0) as file:
                yield file.read()
        else:
            raise ValueError(entry.path)


def _program() -> Iterator[bytes]:
    yield sys.version.encode()
    for folder in dac.__path__:
        yield from _changes(folder)
    libraries = os.listdir(os.path.dirname(os.path.dirname(yaml.__file__)))
    yield "\n".join(sorted(name for name in libraries if name.endswith(".dist-info"))).encode()
    yield repr([os.stat(folder).st_ctime_ns for folder in _ZONES if os.path.isdir(folder)]).encode()


def _changes(folder: str) -> Iterator[bytes]:
    with os.scandir(folder) as listed:
        entries = sorted(listed, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            yield from () if entry.name == "__pycache__" else _changes(entry.path)
        elif entry.name.endswith(".py"):
            facts = entry.stat()
            yield repr((entry.path, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)).encode()
