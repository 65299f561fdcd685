"""A credential in what is compared is shown in no format, and a change that it hides is still said to be one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.plan.test_cases import git

pytestmark = pytest.mark.exhaustive

OLD, NEW = "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7ELPMAXE"


@pytest.fixture
def tree(example_tree: Path, tmp_path: Path) -> Path:
    shutil.copytree(example_tree, tmp_path / "tree")
    git(tmp_path / "tree", "init", "-q", "-b", "main")
    return tmp_path / "tree"


def commit(tree: Path) -> None:
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "base")


@pytest.mark.parametrize("form", ["text", "md", "json"])
def test_a_credential_in_a_decision(tree: Path, form: str, dac: Callable[..., Any]) -> None:
    commit(tree)
    name = sorted(path.name for path in (tree / "projects").iterdir())[0]
    file = tree / "projects" / name / "decisions.yaml"
    file.write_text(f"# {NEW}\n" + file.read_text())
    run = dac("plan", "--format", form, cwd=tree)
    assert run.returncode == 0, run.stderr
    assert NEW not in run.stdout + run.stderr
    assert f"at the head: projects/{name}/decisions.yaml:1:3: error: here is an AWS access key id" in run.stdout


@pytest.mark.parametrize("form", ["text", "md", "json"])
def test_a_credential_in_the_catalog(tree: Path, form: str, dac: Callable[..., Any]) -> None:
    """Both values are hidden alike; that one became the other is said all the same."""
    models = tree / "standards" / "catalog" / "models.yaml"
    text = models.read_text()
    assert 'query_prefix: ""' in text
    models.write_text(text.replace('query_prefix: ""', f'query_prefix: "{OLD}"', 1))
    commit(tree)
    models.write_text(text.replace('query_prefix: ""', f'query_prefix: "{NEW}"', 1))
    run = dac("plan", "--format", form, cwd=tree)
    assert run.returncode == 0, run.stderr
    assert OLD not in run.stdout + run.stderr
    assert NEW not in run.stdout + run.stderr
    assert "query_prefix: " in run.stdout
    assert "AKIAxxxxxxxxxxxxxxxx" in run.stdout
