"""Archives of artifacts as Argo's executor packs and unpacks them (stageArchiveFile, untar)."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
from pathlib import Path


def is_tar(path: Path) -> bool:
    """Whether a file is a tar that gzip packed, with at least one entry."""
    if not path.is_file():
        return False
    try:
        with tarfile.open(path, "r:gz") as tar:
            return tar.next() is not None
    except (tarfile.TarError, OSError, EOFError):
        return False


def pack(source: Path, target: Path) -> None:
    """Write a file or folder as a tar, under its own name."""
    with gzip.GzipFile(target, "wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(source, arcname=source.name)


def unpack(source: Path, target: Path) -> None:
    """Unpack a tar: its single entry becomes the target, several lie in it.

    Raises:
        OSError: It is not a tar, or an entry of it would lie outside.
    """
    beside = target.with_name(f"{target.name}.unpacked")
    beside.mkdir(parents=True)
    try:
        with tarfile.open(source, "r:gz") as tar:
            tar.extractall(beside, filter="data")
        entries = list(beside.iterdir())
        os.replace(entries[0] if len(entries) == 1 else beside, target)
    except (tarfile.TarError, EOFError) as error:
        raise OSError(f"{source.name} cannot be unpacked: {error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
