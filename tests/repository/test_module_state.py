"""No module of the tool remembers anything between two calls; what is kept is in an object that a command makes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "scripts" / "dac"
CACHES = {"cache", "lru_cache"}
CHANGES = {
    *("append", "appendleft", "extend", "insert", "remove", "sort", "reverse", "add", "discard"),
    *("update", "setdefault", "pop", "popitem", "popleft", "clear", "move_to_end"),
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(node: ast.expr) -> str:
    """Return the last name of `name`, `module.name` or a call of them."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _module_names(tree: ast.Module) -> set[str]:
    targets = [
        target
        for statement in tree.body
        for target in (
            statement.targets
            if isinstance(statement, ast.Assign)
            else [statement.target]
            if isinstance(statement, ast.AnnAssign)
            else []
        )
    ]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _local_names(function: Function) -> set[str]:
    arguments = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    stored = (node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return arguments | {node.id for node in stored}


def _changed(node: ast.AST) -> ast.expr | None:
    """Return what a node changes in place: `x[...] = ...`, `del x[...]`, `x.append(...)`."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
        return node.func.value
    return None


def kept_state(source: str) -> Iterator[str]:
    """Yield each place where a module keeps something between two calls."""
    tree = ast.parse(source)
    module_names = _module_names(tree)
    for function in (node for node in ast.walk(tree) if isinstance(node, Function)):
        for decorator in function.decorator_list:
            if _name(decorator) in CACHES:
                yield f"{function.lineno}: {function.name} is cached in its module"
        names = module_names - _local_names(function)
        for node in ast.walk(function):
            if isinstance(node, ast.Global):
                yield f"{node.lineno}: {function.name} sets {', '.join(node.names)} of its module"
            changed = _changed(node)
            if isinstance(changed, ast.Name) and changed.id in names:
                yield f"{changed.lineno}: {function.name} changes {changed.id} of its module"


def test_no_module_keeps_state_between_calls() -> None:
    changing = {
        f"{path.relative_to(ROOT)}:{place}"
        for path in PACKAGE.rglob("*.py")
        if not path.is_relative_to(PACKAGE / "cli")
        for place in kept_state(path.read_text())
    }
    assert changing == set()


@pytest.mark.parametrize(
    "source",
    [
        "from functools import cache\n@cache\ndef f(): ...",
        "import functools\n@functools.lru_cache(maxsize=8)\ndef f(): ...",
        "_last = None\ndef f():\n    global _last\n    _last = 1",
        "_last = []\ndef f():\n    _last.append(1)",
        "_kept: dict[str, int] = {}\ndef f():\n    _kept['a'] = 1",
        "_kept = {}\ndef f():\n    del _kept['a']",
    ],
)
def test_what_would_keep_state_is_seen(source: str) -> None:
    assert len(list(kept_state(source))) == 1


def test_an_objects_own_state_and_constants_are_no_matter() -> None:
    lines = [
        "NAMES = {}",
        "def f(items):",
        "    NAMES.get('a')",
        "    items['a'] = 1",
        "    own = []",
        "    own.append(1)",
    ]
    source = "\n".join(lines)
    assert list(kept_state(source)) == []
