"""Which absolute paths are a container's own, beside those of its volumes: what it declares, and what it makes.

Its paths are those of an image; this machine has others. What a step declares as an input or an output lies in a folder
of the container even where this machine has one of that name, unless every system has it (/usr, /etc). A folder or a
file that the step makes by itself (`mkdir -p /data`, `> /var/lib/x`) is its own where this machine has none, so that
nothing is left outside the run's folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

_SYSTEMS = {
    "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "media", "mnt", "opt", "proc", "root", "run", "sbin",
    "srv", "sys", "tmp", "usr", "var",
}  # fmt: skip
# What follows a command that makes files or folders, up to the command's end; and where a shell writes its output to.
_MAKES = re.compile(r"(?:^|[\s;&|(\"'])(?:mkdir|touch|tee)((?:\s+[^\s;&|<>]+)+)|>\s*([^\s;&|<>]+)")
_ABSOLUTE = re.compile(r"(?:^|(?<=[\s\"']))/[\w.\-/]+")


def own(declared: Sequence[str], folder: str, text: str) -> list[str]:
    """Return the paths that are a container's own.

    Args:
        declared: of its inputs and outputs.
        folder: its working directory; empty for none. A runtime makes one that is missing.
        text: its command, arguments and source.
    """
    absent = [_absent(path) for path in (folder, *_made(text))]
    return [*declared, *(path for path in (*map(_folder, declared), *absent) if path)]


def _made(text: str) -> Iterator[str]:
    for match in _MAKES.finditer(text):
        yield from _ABSOLUTE.findall(match[1] or match[2])


def _folder(path: str) -> str:
    """Return the folder of a declared path: its topmost, or the topmost absent one where every system has that."""
    if not path.startswith("/"):
        return ""
    top = path.lstrip("/").partition("/")[0]
    return _absent(path) if top in _SYSTEMS else f"/{top}"


def _absent(path: str) -> str:
    """Return the topmost folder of an absolute path that this machine does not have; nothing where it has them all."""
    folders = [str(folder) for folder in reversed(PurePosixPath(path).parents)] if path.startswith("/") else []
    return next((folder for folder in [*folders, path] if folder and not Path(folder).exists()), "")
