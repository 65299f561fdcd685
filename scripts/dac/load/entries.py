"""Goes through the tree without following a link: whoever looks at every file asks here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def entries_below(root: Path, folder: str) -> Iterator[tuple[str, bool]]:
    """Yield what lies below a folder and is not a folder itself.

    What cannot be listed is passed over: whoever reads it says so.

    Args:
        root: the tree.
        folder: path relative to it.

    Yields:
        The path, relative to the root, and whether it is a regular file.
    """
    folders = [folder]
    for each in folders:
        try:
            entries = [*os.scandir(f"{root}/{each}")]
        except OSError:
            continue
        for entry in entries:
            path = f"{each}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            else:
                yield path, entry.is_file(follow_symlinks=False)
