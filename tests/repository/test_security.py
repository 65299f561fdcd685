"""SECURITY.md: every test, rule and case that it names exists, and every attempt that it lists names one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text()
TABLE = TEXT.split("| tried |")[1].split("\n### ")[0]  # the one below says what a deployment has to give
ATTEMPTS = re.findall(r"^\| (?!tried|---)(.+?) \| (.+?) \| (.+) \|$", TABLE, re.MULTILINE)


def functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def files(name: str) -> list[Path]:
    """Return the files that a name stands for: a path, a pattern, `test_40`, or a module's name."""
    if "/" in name:
        return sorted(ROOT.glob(name)) if "*" in name else [path for path in [ROOT / name] if path.exists()]
    return sorted([*ROOT.glob(f"tests/cluster/smoke/{name}_*.py"), *ROOT.glob(f"images/*/tests/{name}")])


@pytest.mark.parametrize(("tried", "shown"), [(tried, shown) for tried, _, shown in ATTEMPTS])
def test_what_shows_an_attempt_fail_exists(tried: str, shown: str) -> None:
    names = re.findall(r"`([^`]+)`", shown)
    assert names, f"no test shows: {tried}"
    last: list[Path] = []
    for name in names:
        place, _, function = name.partition("::")
        if not function and not files(place):  # a function of the file before
            place, function = "", name
        last = files(place) if place else last
        assert last, f"no such file: {name}"
        if function:
            assert any(function in functions(path) for path in last), f"no such test: {name}"


def test_attempts_are_listed() -> None:
    assert len(ATTEMPTS) > 30


REFUSED = re.compile(r"test_(no|nothing|the_role_edit|argo_cd_(brings|takes)_no)_")


@pytest.mark.parametrize("path", sorted((ROOT / "tests/cluster/smoke").glob("test_*.py")), ids=lambda path: path.stem)
def test_what_a_cluster_refuses_is_an_attempt_that_is_listed(path: Path) -> None:
    """A test of an attack that the threat model does not have is a threat that nobody reads of."""
    tests = {name for name in functions(path) if REFUSED.match(name)}
    assert {name for name in tests if f"{name}`" not in TABLE} == set()
