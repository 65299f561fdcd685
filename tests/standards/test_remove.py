"""standards/platform/remove.sh: what it refuses, and what it deletes in which order.

kubectl is a stand-in here, which notes its words; the cluster test deletes a project from a real cluster with it.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KUBECTL = """#!/bin/bash
echo "$*" >> "$(dirname "$0")/calls"
case "$*" in
  *"get workflows"*) echo -n "${LIVE:-}" ;;
  *"get application"*"-o name") echo "application/x" ;;
  *"get application"*) echo "x ${CONDITION:-}" ;;
esac
"""
GONE = {"CONDITION": "Failed to load target state: projects/old/rendered/pipelines: app path does not exist"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a repository that holds the project `kept`, and a bin/ with kubectl."""
    shutil.copytree(ROOT / "standards/platform", tmp_path / "standards/platform")
    (tmp_path / "projects/kept").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/kubectl").write_text(KUBECTL)
    (tmp_path / "bin/kubectl").chmod(0o755)
    return tmp_path


def remove(tree: Path, *words: str, **environment: str) -> tuple[int, str, list[str]]:
    """Return the exit status, stderr, and what kubectl was told."""
    variables = {"PATH": f"{tree}/bin:/usr/bin:/bin", **environment}
    done = subprocess.run(
        [tree / "standards/platform/remove.sh", *words], env=variables, capture_output=True, text=True
    )
    calls = tree / "bin/calls"
    return done.returncode, done.stderr, calls.read_text().splitlines() if calls.exists() else []


@pytest.mark.parametrize(
    ("words", "environment", "reason"),
    [
        ([], GONE, "name the project"),
        (["a", "b"], GONE, "one project at a time"),
        (["--all"], GONE, "unknown argument --all; --help lists the arguments"),
        (["old", "--context"], GONE, "--context wants a name; kubectl config get-contexts lists them"),
        (["kept"], GONE, "projects/kept is in this tree; delete it, and merge that first"),
        (
            ["old"],
            {"CONDITION": ""},
            "Argo CD still reads projects/old; merge its deletion, and wait until old-pipelines says that its path is "
            "missing",
        ),
        (["old"], {**GONE, "LIVE": "workflow/main-1"}, "runs of old have not ended: workflow/main-1 "),
    ],
)
def test_it_refuses_before_it_deletes(tree: Path, words: list[str], environment: dict[str, str], reason: str) -> None:
    status, stderr, calls = remove(tree, *words, **environment)
    assert (status, stderr) == (2, f"remove.sh: {reason}\n")
    assert [line for line in calls if "delete" in line or "patch" in line] == []


def test_the_applications_go_the_teams_first(tree: Path) -> None:
    status, stderr, calls = remove(tree, "old", "--context", "staging", **GONE)
    assert (status, stderr) == (0, "old is deleted; its objects in the store remain\n")
    start = "--context staging -n argocd"
    assert [line.partition(" --type")[0] for line in calls if " patch " in line or " delete " in line] == [
        f"{start} {verb} application old-{part}{end}"
        for part in ("pipelines", "platform")
        for verb, end in (("patch", ""), ("delete", " --timeout=300s"))
    ]
