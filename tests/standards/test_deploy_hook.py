"""The hook that keeps each project to its own files of the deploy repository, as git itself runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HOOK = Path(__file__).resolve().parents[2] / "standards/platform/examples/pre-receive"
AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
OWN = "docs may write docs/<pipeline>.json alone"


def git(folder: Path, *words: str, user: str = "people") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "REMOTE_USER": user, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    command = ["git", *AUTHOR, *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a clone of a deploy repository that has the hook and each of two projects' files."""
    bare, tree = tmp_path / "deploy.git", tmp_path / "tree"
    git(tmp_path, "init", "-q", "--bare", "--initial-branch=main", str(bare))
    git(bare, "config", "--add", "dac.people", "people")
    shutil.copy(HOOK, bare / "hooks/pre-receive")
    git(tmp_path, "clone", "-q", str(bare), "tree")
    for name in ("docs/search.json", "docs/kustomization.yaml", "rival/search.json"):
        write(tree, name)
    assert push(tree, "people") == ""
    return tree


def write(tree: Path, name: str, text: str = "{}\n") -> None:
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text(text)


def push(tree: Path, user: str, to: str = "main", *flags: str) -> str:
    """Commit and push what is in the tree; return what the server says, empty where it takes it."""
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "change")
    done = git(tree, "push", "-q", *flags, "origin", f"HEAD:{to}", user=user)
    lines = [line.removeprefix("remote:").strip() for line in done.stderr.splitlines() if line.startswith("remote:")]
    assert bool(done.returncode) == bool(lines), done.stderr
    return " ".join(lines).strip()


def test_a_project_writes_its_own_files(tree: Path) -> None:
    write(tree, "docs/search.json", '{"index": 1}')
    write(tree, "docs/other.json")
    assert push(tree, "docs") == ""
    (tree / "docs/other.json").unlink()
    assert push(tree, "docs") == ""


@pytest.mark.parametrize(
    "name",
    [
        "rival/search.json",
        "docs-2/search.json",
        "docs/kustomization.yaml",
        "docs/deep/search.json",
        "docs/.hidden.json",
        "search.json",
        "docs.json",
    ],
)
def test_it_writes_nothing_else(tree: Path, name: str) -> None:
    write(tree, "docs/search.json", '{"index": 1}')
    write(tree, name, "changed\n")
    assert push(tree, "docs") == f"{OWN}, not {name}"


def test_a_file_of_another_project_is_not_moved_into_its_own(tree: Path) -> None:
    (tree / "rival/search.json").rename(tree / "docs/taken.json")
    assert push(tree, "docs") == f"{OWN}, not rival/search.json"


def test_a_link_and_a_program_are_refused(tree: Path) -> None:
    (tree / "docs/link.json").symlink_to("../rival/search.json")
    assert push(tree, "docs") == f"{OWN}, not a link or a program: docs/link.json"
    (tree / "docs/link.json").unlink()
    write(tree, "docs/program.json")
    (tree / "docs/program.json").chmod(0o755)
    assert push(tree, "docs") == f"{OWN}, not a link or a program: docs/program.json"


def test_branches_and_what_was_pushed_stay(tree: Path) -> None:
    write(tree, "docs/search.json", '{"index": 1}')
    assert push(tree, "docs", "side") == f"{OWN}, on main, not on refs/heads/side"
    assert push(tree, "docs") == ""
    git(tree, "reset", "-q", "--hard", "HEAD~1")
    write(tree, "docs/search.json", '{"index": 2}')
    assert push(tree, "docs", "main", "--force") == "docs may not rewrite what was pushed"


@pytest.mark.parametrize("user", ["", "a b", "*", "docs\nx", "$(id)"])
def test_whoever_is_not_named_is_refused(tree: Path, user: str) -> None:
    write(tree, "docs/search.json", '{"index": 1}')
    assert push(tree, user) == "the server does not say who pushes; set REMOTE_USER"
