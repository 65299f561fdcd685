"""Each folder of cases/ edits a small tree; `dac plan` says of the edit what expected.* holds, to the byte.

edits.yaml: `edits`, a list of {file, replace: [old, new]}, {file, write: text}, {file, remove: true},
{file, link: target}, {move: [old, new]} or {copy: [old, new]}; `base`, likewise, what is committed before; and, where
they are not the defaults, the command's `arguments` and its `exit` status.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/edits.yaml"))
DAY = "2030-01-07"  # from which next runs are reckoned
FEATURES = Path(__file__).parents[1] / "cases" / "rendered" / "features"


def git(tree: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "core.autocrlf=false"]
    subprocess.run([*command, *arguments], cwd=tree, check=True, capture_output=True)


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("plan") / "tree"
    shutil.copytree(FEATURES, tree)
    git(tree, "init", "-q", "-b", "main")
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "base")
    return tree


def apply(tree: Path, edit: dict[str, Any]) -> None:
    for verb, carry in (("move", shutil.move), ("copy", shutil.copytree)):
        if verb in edit:
            old, new = (tree / path for path in edit[verb])
            new.parent.mkdir(parents=True, exist_ok=True)
            carry(old, new)
            return
    path = tree / edit["file"]
    if "link" in edit:
        path.unlink()
        path.symlink_to(edit["link"])
    elif "remove" in edit:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif "write" in edit:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(edit["write"].encode())
    else:
        text = path.read_bytes().decode()
        old, new = edit["replace"]
        assert old in text, f"{edit['file']} does not hold {old!r}"
        path.write_bytes(text.replace(old, new).encode())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_plan_says_what_the_edit_means(
    case: Path, committed: Path, tmp_path: Path, dac: Callable[..., Any], golden: Callable[[Path, bytes], None]
) -> None:
    case_file = yaml.safe_load((case / "edits.yaml").read_text())
    tree = tmp_path / "tree"
    shutil.copytree(committed, tree)
    if "base" in case_file:
        for edit in case_file["base"]:
            apply(tree, edit)
        git(tree, "add", "-A")
        git(tree, "commit", "-q", "-m", "the case's base")
    for edit in case_file["edits"]:
        apply(tree, edit)
    arguments = case_file.get("arguments", [])
    run = dac("plan", "--on", DAY, *arguments, cwd=tree)
    assert run.returncode == case_file.get("exit", 0), run.stderr
    form = arguments[arguments.index("--format") + 1] if "--format" in arguments else "text"
    suffix = {"text": "txt", "md": "markdown"}.get(form, form)  # a golden is not one of the tree's pages
    output = re.sub(r"\b[0-9a-f]{12}(?:[0-9a-f]{28})?\b", "COMMIT", run.stdout + run.stderr)
    golden(case / f"expected.{suffix}", output.encode())


def test_without_a_branch_to_compare_with_it_says_so(committed: Path, tmp_path: Path, dac: Callable[..., Any]) -> None:
    """In a clone of one commit the plan of a branch would be empty, and seem content."""
    shutil.copytree(committed, tmp_path / "tree")
    git(tmp_path / "tree", "checkout", "-q", "-b", "other")
    git(tmp_path / "tree", "branch", "-D", "main")
    run = dac("plan", cwd=tmp_path / "tree")
    why = "this clone has neither origin/main nor main; name a base with --base"
    assert f"not evaluated: the commits of this branch: {why}" in run.stdout.splitlines()
