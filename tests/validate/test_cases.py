"""tests/cases: a folder a case. What is valid passes without a word; what is invalid states its reason, exactly.

All cases of a kind are the projects of one tree, judged by one run of the real command: so it is seen as well that one
project's faults say nothing of another.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from dac.load import load_repository
from dac.model import beyond
from dac.model.names import is_label
from dac.validate import validate_projects, validate_standards

Done = subprocess.CompletedProcess[str]
Dac = Callable[..., Done]
Golden = Callable[[Path, bytes], None]
LARGE = "{gpus: 99, gpu_hours: 99999, cpu: 999, memory: 9Ti, storage: 99Ti, pods: 999, monthly_usd: 99999}"
CASES = Path(__file__).parents[1] / "cases"


def cases(kind: str) -> list[str]:
    """Return the cases that are one project's decisions.yaml."""
    return sorted(path.parent.name for path in (CASES / kind).glob("*/decisions.yaml"))


def tree(folder: Path, root: Path, kind: str) -> Path:
    """Write a tree with the real standards and policy, and a project for each case."""
    for part in ("standards", "policy"):
        shutil.copytree(root / part, folder / part)
    # All cases are projects of one tree, and of few owners: what they hold together is not what they are about.
    owners = folder / "standards/catalog/owners.yaml"
    owners.write_text(re.sub(r"budget: {.*}", "budget: " + LARGE, owners.read_text()))
    owned: dict[str, list[str]] = {}
    for name in cases(kind):
        text = (CASES / kind / name / "decisions.yaml").read_text("utf-8", "replace")
        owner = match[1] if (match := re.search(r"""owner"?: *["']?([a-z-]+)""", text)) else "nobody"
        owned.setdefault(owner, []).append(name)
        (folder / "projects" / name).mkdir(parents=True)
        shutil.copy(CASES / kind / name / "decisions.yaml", folder / "projects" / name)
    teams = yaml.safe_load((folder / "standards/catalog/owners.yaml").read_text())
    for owner in teams:  # each lists its cases
        names = [name for name in owned.get(owner, []) if is_label(name)]
        text = "projects: [" + ", ".join(f'"{name}"' for name in names) + "]\n"
        (folder / f"standards/catalog/owners/{owner}.yaml").write_text(text)
    return folder


def by_case(stdout: str) -> dict[str, str]:
    """Return the lines of each project."""
    findings: dict[str, str] = {}
    for line in stdout.splitlines(keepends=True):
        findings.setdefault(line.split("/")[1], "")
        findings[line.split("/")[1]] += line
    return findings


@pytest.fixture(scope="module")
def invalid(tmp_path_factory: pytest.TempPathFactory, root: Path, dac: Dac) -> Done:
    return dac("check", cwd=tree(tmp_path_factory.mktemp("invalid"), root, "invalid"))


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory, root: Path, dac: Dac) -> Done:
    return dac("check", cwd=tree(tmp_path_factory.mktemp("valid"), root, "valid"))


@pytest.mark.parametrize("case", cases("invalid"))
def test_invalid_states_its_reason(case: str, invalid: Done, golden: Golden) -> None:
    findings = by_case(invalid.stdout).get(case, "")
    assert findings, f"{case} was found to be valid"
    golden(CASES / "invalid" / case / "expected.txt", findings.encode())


def test_invalid_fails(invalid: Done) -> None:
    errors = sum(": error: " in line for line in invalid.stdout.splitlines())
    assert invalid.returncode == 1
    assert invalid.stderr.startswith(f"{len(cases('invalid'))} projects checked: {errors} errors")


@pytest.mark.parametrize("case", cases("valid"))
def test_valid_has_no_finding(case: str, valid: Done) -> None:
    assert by_case(valid.stdout).get(case, "") == ""


def test_valid_passes(valid: Done) -> None:
    assert (valid.returncode, "error" in valid.stderr) == (0, False)
    assert valid.stderr.startswith(f"{len(cases('valid'))} projects checked: ")


def tree_cases() -> list[str]:
    """Return the cases that change a small tree: tests/cases/tree with the case's own files laid over it."""
    cases = {path.parent.name for part in ("standards", "projects") for path in (CASES / "invalid").glob(f"*/{part}")}
    return sorted(cases)


def findings_of(folder: Path) -> str:
    """Return the findings of a tree before policy is evaluated."""
    repository, findings = load_repository(folder, None)
    wiring = validate_standards(repository)
    decided = validate_projects(repository, estimates=not wiring)
    return "".join(f"{f}\n" for f in sorted(findings + beyond(findings, wiring + decided)))


@pytest.mark.parametrize("case", tree_cases())
def test_invalid_tree_states_its_reason(case: str, tmp_path: Path, golden: Golden) -> None:
    shutil.copytree(CASES / "tree", tmp_path, dirs_exist_ok=True)
    shutil.copytree(CASES / "invalid" / case, tmp_path, dirs_exist_ok=True)
    findings = findings_of(tmp_path)
    assert findings, f"{case} was found to be valid"
    golden(CASES / "invalid" / case / "expected.txt", findings.encode())


def test_the_small_tree_is_valid() -> None:
    assert findings_of(CASES / "tree") == ""
