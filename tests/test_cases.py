"""tests/cases: a folder a case. What is valid passes without a word; what is invalid states its reason, exactly.

All cases of a kind are the projects of one tree, judged by one run of the real command: so it is seen as well that one
project's faults say nothing of another.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"


def cases(kind: str) -> list[str]:
    """The cases that are one project's decisions.yaml."""
    return sorted(path.parent.name for path in (CASES / kind).glob("*/decisions.yaml"))


def tree(folder: Path, root: Path, kind: str) -> Path:
    """A tree with the real standards and policy, and a project for each case."""
    for part in ("standards", "policy"):
        (folder / part).symlink_to(root / part)
    for name in cases(kind):
        (folder / "projects" / name).mkdir(parents=True)
        shutil.copy(CASES / kind / name / "decisions.yaml", folder / "projects" / name)
    return folder


def by_case(stdout: str) -> dict[str, str]:
    """The lines of each project."""
    found: dict[str, str] = {}
    for line in stdout.splitlines(keepends=True):
        found.setdefault(line.split("/")[1], "")
        found[line.split("/")[1]] += line
    return found


@pytest.fixture(scope="module")
def invalid(
    tmp_path_factory: pytest.TempPathFactory, root: Path, dac: Callable[..., subprocess.CompletedProcess[str]]
) -> subprocess.CompletedProcess[str]:
    return dac("check", cwd=tree(tmp_path_factory.mktemp("invalid"), root, "invalid"))


@pytest.fixture(scope="module")
def valid(
    tmp_path_factory: pytest.TempPathFactory, root: Path, dac: Callable[..., subprocess.CompletedProcess[str]]
) -> subprocess.CompletedProcess[str]:
    return dac("check", cwd=tree(tmp_path_factory.mktemp("valid"), root, "valid"))


@pytest.mark.parametrize("case", cases("invalid"))
def test_invalid_states_its_reason(
    case: str, invalid: subprocess.CompletedProcess[str], golden: Callable[[Path, bytes], None]
) -> None:
    said = by_case(invalid.stdout).get(case, "")
    assert said, f"{case} was found to be valid"
    golden(CASES / "invalid" / case / "expected.txt", said.encode())


def test_invalid_fails(invalid: subprocess.CompletedProcess[str]) -> None:
    errors = len(invalid.stdout.splitlines())
    assert (invalid.returncode, invalid.stderr) == (1, f"{len(cases('invalid'))} projects checked: {errors} errors\n")


@pytest.mark.parametrize("case", cases("valid"))
def test_valid_has_no_finding(case: str, valid: subprocess.CompletedProcess[str]) -> None:
    assert by_case(valid.stdout).get(case, "") == ""


def test_valid_passes(valid: subprocess.CompletedProcess[str]) -> None:
    summary = f"{len(cases('valid'))} projects checked: no findings\n"
    assert (valid.returncode, valid.stdout, valid.stderr) == (0, "", summary)
