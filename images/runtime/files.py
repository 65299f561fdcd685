"""Files of this machine: each appears whole or not at all, and inside the folder that it belongs in."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.errors import InputError

UNFINISHED = ".part"  # ends the name of a file that is being written; a killed step may leave one
LONGEST = 200  # bytes of a name, which with what `beside` adds has to stay below 256


@contextmanager
def beside(path: str) -> Iterator[Path]:
    """Give a file beside a place, which takes that place once it was written whole."""
    part = Path(f"{path}.{uuid.uuid4().hex}{UNFINISHED}")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield part
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def inside(folder: Path, name: str) -> Path:
    """Return the place of a file in a folder of this machine, by a name that a store or a file of it gave.

    Raises:
        InputError: the name is absolute or has a part `..`, so that its file would lie outside the folder; or no file
            can have it.
    """
    if "\0" in name or any(len(part.encode(errors="replace")) > LONGEST for part in name.split("/")):
        raise InputError(f"no file can have the name {name[:100]!r}: a part has at most {LONGEST} bytes, none is zero")
    if name.startswith("/") or ".." in name.split("/"):
        raise InputError(f"the name {name!r} leads out of the folder that its file belongs in")
    return folder / name
