"""What a test takes from a module beside it stands there, so that a suite is collected whole."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(
    {
        (ROOT / line).parent
        for line in subprocess.check_output(["git", "ls-files", "tests", "images"], cwd=ROOT, text=True).splitlines()
        if line.endswith(".py") and "tests" in Path(line).parts and (ROOT / line).is_file()
    }
)


def _defined(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module has once it is imported."""
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name.split(".")[0] for alias in names)
            case _:
                yield from (
                    node.id
                    for node in ast.walk(statement)
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
                )


def _taken(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield what a module takes from another: the line, the other module, and the name."""
    imported = set()
    for statement in ast.walk(tree):
        if isinstance(statement, ast.ImportFrom) and statement.level == 0:
            yield from ((statement.lineno, str(statement.module), alias.name) for alias in statement.names)
        if isinstance(statement, ast.Import):
            imported |= {alias.name for alias in statement.names if not alias.asname}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
            yield node.lineno, node.value.id, node.attr


def _missing(folder: Path) -> Iterator[str]:
    modules = {file.stem: ast.parse(file.read_bytes()) for file in sorted(folder.glob("*.py"))}
    for stem, tree in modules.items():
        for line, module, name in _taken(tree):
            if module in modules and name not in {"*", *_defined(modules[module])}:
                yield f"{stem}.py:{line}: {module}.py has no {name}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_imported_names_stand_in_the_module_beside(folder: Path) -> None:
    assert list(_missing(folder)) == []


def test_a_moved_name_is_seen(tmp_path: Path) -> None:
    (tmp_path / "judging.py").write_text("import os\nJUDGE = {}\n")
    (tmp_path / "test_judge.py").write_text("import judging\nfrom judging import JUDGE, os, prepare\njudging.grade()\n")
    assert list(_missing(tmp_path)) == [
        "test_judge.py:2: judging.py has no prepare",
        "test_judge.py:3: judging.py has no grade",
    ]
