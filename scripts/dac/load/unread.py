"""Finds files among the standards that look as if they said something, and that nothing reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from dac.model import Finding, Location
from dac.model.words import quoted

_CATALOG = ("standards", "catalog")
_SCHEMA = ".schema.json"
_KIND = re.compile(r"[a-z][a-z0-9_]*")
_REMEDY = "rename it to what is read, or remove it"


def unread_findings(paths: Iterable[PurePosixPath]) -> list[Finding]:
    """Find the files that a reviewer takes for facts of the platform, and that the tool passes over.

    Args:
        paths: of all files below standards/, from the root.
    """
    texts = [(path, _unread(path)) for path in sorted(paths)]
    return [Finding(Location(path.as_posix()), "tree.unread", text, _REMEDY) for path, text in texts if text]


def _unread(path: PurePosixPath) -> str | None:
    """Say why a file is read by nothing; None where it is read, or is a page for people, or is hidden."""
    if path.suffix != ".yaml" and path.suffix.lower() in (".yml", ".yaml"):
        return f"{path} is read by nothing: files of facts end in .yaml"
    if path.parts[:2] != _CATALOG or path.name == "README.md" or (path.name.startswith(".") and path.suffix != ".yaml"):
        return None
    if len(path.parts) == 4 and path.parts[2] == "owners":
        return None if path.suffix == ".yaml" else f"{path} is read by nothing: an owner's file ends in .yaml"
    if len(path.parts) != 3:
        return f"{path} is read by nothing: no folder but owners/ is read below standards/catalog"
    kind = path.name.removesuffix(_SCHEMA).removesuffix(".yaml")
    if kind == path.name:
        return f"{path} is read by nothing: the catalog is KIND.yaml and KIND{_SCHEMA}"
    return None if _KIND.fullmatch(kind) else f"{quoted(kind)} is not a kind: it has small letters, digits and _ alone"
