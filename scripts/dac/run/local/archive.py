"""Archives of artifacts as Argo's executor packs and unpacks them (stageArchiveFile, untar)."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def is_tar(path: Path) -> bool:
    """Whether a file is a tar that gzip packed, with at least one entry."""
    if not path.is_file():
        return False
    try:
        with tarfile.open(path, "r:gz") as tar:
            return tar.next() is not None
    except (tarfile.TarError, OSError, EOFError):
        return False


def form_of(artifact: Mapping[str, Any]) -> str:
    """Return how an artifact says that it is packed: `none`, `tar` or `zip`; empty where it does not say."""
    stated = artifact.get("archive", {})
    return next((form for form in ("none", "tar", "zip") if form in stated), "")


def pack(source: Path, target: Path, form: str) -> None:
    """Write a file or folder as a `tar` or a `zip`, under its own name."""
    if form == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as zipped:
            for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
                if path.is_symlink():  # Argo leaves what it leads to out
                    zipped.writestr(str(path.relative_to(source.parent)), "")
                elif path.is_file():
                    zipped.write(path, path.relative_to(source.parent))
        return
    with gzip.GzipFile(target, "wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(source, arcname=source.name)


def unpack(source: Path, target: Path, form: str) -> None:
    """Unpack a `tar` or a `zip`: its single entry becomes the target, several lie in it.

    Raises:
        OSError: It is none, or an entry of it would lie outside.
    """
    beside = target.with_name(f"{target.name}.unpacked")
    beside.mkdir(parents=True)
    try:
        if form == "zip":
            _unzip(source, beside)
        else:
            with tarfile.open(source, "r:gz") as tar:
                tar.extractall(beside, filter="data")
        entries = list(beside.iterdir())
        os.replace(entries[0] if len(entries) == 1 else beside, target)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, RuntimeError, NotImplementedError) as error:
        raise OSError(f"{source.name} cannot be unpacked: {error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _unzip(source: Path, folder: Path) -> None:
    with zipfile.ZipFile(source) as packed:
        for entry in packed.infolist():
            if ".." in Path(entry.filename).parts:
                raise OSError(f"{entry.filename}: Illegal file path")
            path = Path(packed.extract(entry, folder))
            if (mode := entry.external_attr >> 16 & 0o777) and path.is_file():
                path.chmod(mode)
