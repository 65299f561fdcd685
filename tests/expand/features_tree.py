"""The tree of the case 'features', as it is written and as it is rendered."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

CASES = Path(__file__).parents[1] / "cases" / "rendered"


def inputs(case: Path) -> Iterator[Path]:
    """Return what a person wrote in a case's tree."""
    return (path for path in sorted(case.rglob("*")) if path.is_file() and not is_rendered(path.relative_to(case)))


def outputs(tree: Path) -> set[str]:
    """Return what rendering wrote in a tree."""
    files = (path.relative_to(tree) for path in tree.rglob("*") if path.is_file())
    return {path.as_posix() for path in files if is_rendered(path)}


def is_rendered(path: Path) -> bool:
    if path.name in ("rendered.yaml", "CODEOWNERS", "decisions.schema.json") or "rendered" in path.parts:
        return True
    return path.name == "README.md" and path.parts[0] == "standards"


def copied(case: Path, folder: Path) -> Path:
    for path in inputs(case):
        target = folder / path.relative_to(case)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


def contents(tree: Path) -> dict[str, bytes]:
    return {path: (tree / path).read_bytes() for path in outputs(tree)}
