"""`dac release`: a change of a template goes on once the canaries have succeeded with it, and not before."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.status.history import write_run, write_tree

Dac = Callable[..., "subprocess.CompletedProcess[str]"]
OLD, NEW = ("sha256:" + digit * 64 for digit in "12")
WAVES = "waves:\n  summary: waves\n  canaries: [docs] # may fail\n  released: {}\n"


class Tree:
    """A repository whose project docs is the canary; its standard rag-indexing@v1 changed after what is released."""

    def __init__(self, root: Path) -> None:
        self.root = root
        write_tree(root)
        self.git("init", "-q", "-b", "main")
        self.released = self.committed(OLD)
        self.catalog = root / "standards/catalog/platform.yaml"
        self.catalog.write_text(WAVES.format(self.released))
        self.changed = self.committed(NEW)

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(self.root), *identity, *words]
        return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.strip()

    def committed(self, content: str) -> str:
        """Commit a template of this content."""
        file = self.root / "standards/rag-indexing/v1/rendered.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump({"metadata": {"annotations": {"dac.dev/content": content}}}))
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a change")
        return self.git("rev-parse", "HEAD")

    def ran(self, pipeline: str, content: str, phase: str = "Succeeded", day: int = 27) -> None:
        """Write a run of a pipeline, with its receipt."""
        receipt = {"template_content": content}
        times = {"started": f"2026-11-{day}T02:17:00+00:00", "finished": f"2026-11-{day}T02:27:00+00:00"}
        run: dict[str, Any] = {"name": f"{pipeline}-{day}", "pipeline": pipeline, "phase": phase, "receipt": receipt}
        with ExitStack() as living:
            write_run(self.root, run | times, living)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return the repository."""
    return Tree(tmp_path)


def test_it_is_released_once_every_canary_has_succeeded_with_it(tree: Tree, dac: Dac) -> None:
    tree.ran("search", NEW)
    tree.ran("zoned", NEW)
    done = dac("release", cwd=tree.root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "rag-indexing@v1\tdocs/search\tsucceeded\tsearch-27 Succeeded",
        "rag-indexing@v1\tdocs/zoned\tsucceeded\tzoned-27 Succeeded",
    ]
    assert tree.catalog.read_text() == WAVES.format(tree.changed), "comments stay"
    assert dac("release", cwd=tree.root).stderr.startswith("nothing to release")


@pytest.mark.parametrize(
    ("runs", "verdict"),
    [
        ([], "docs/zoned\twaits\thas not run yet"),
        ([("zoned", OLD)], "docs/zoned\twaits\tits newest run, zoned-27, was of another template"),
        ([("zoned", NEW, "Failed")], "docs/zoned\tfailed\tzoned-27 Failed"),
        ([("zoned", NEW), ("zoned", NEW, "Failed", 28)], "docs/zoned\tfailed\tzoned-28 Failed"),
    ],
    ids=["no run", "an older run", "a failure", "a failure after a success"],
)
def test_until_then_it_says_what_it_waits_for(tree: Tree, dac: Dac, runs: list[Any], verdict: str) -> None:
    tree.ran("search", NEW)
    for run in runs:
        tree.ran(*run)
    done = dac("release", cwd=tree.root)
    assert done.returncode == 1
    assert f"rag-indexing@v1\t{verdict}" in done.stdout.splitlines()
    assert tree.catalog.read_text() == WAVES.format(tree.released)


def test_a_standard_that_no_canary_uses_is_untried(tree: Tree, dac: Dac) -> None:
    (tree.root / "standards/rag-indexing").rename(tree.root / "standards/other")
    theirs = tree.root / "projects/theirs"
    shutil.copytree(tree.root / "projects/docs", theirs)
    decisions = theirs / "decisions.yaml"
    decisions.write_text(decisions.read_text().replace("rag-indexing@v1", "other@v1"))
    tree.git("add", "-A")
    tree.git("commit", "-q", "-m", "another")
    done = dac("release", cwd=tree.root)
    assert (done.returncode, done.stdout.split("\t")[:3]) == (1, ["other@v1", "-", "untried"])
    assert dac("release", "--untried", cwd=tree.root).returncode == 0


def test_a_standard_that_nobody_uses_is_not_awaited(tree: Tree, dac: Dac) -> None:
    shutil.copytree(tree.root / "standards/rag-indexing", tree.root / "standards/rag-indexing-next")
    tree.git("add", "-A")
    tree.git("commit", "-q", "-m", "a standard for later")
    for pipeline in ("search", "zoned"):
        tree.ran(pipeline, NEW)
    done = dac("release", cwd=tree.root)
    assert done.returncode == 0, done.stdout
    assert "rag-indexing-next@v1\t-\tunused\tno pipeline uses it" in done.stdout


def test_back_to_what_was_released_before_nothing_is_awaited(tree: Tree, dac: Dac) -> None:
    tree.catalog.write_text(WAVES.format(tree.changed))
    done = dac("release", tree.released, cwd=tree.root)
    assert done.returncode == 0, done.stderr
    assert tree.catalog.read_text() == WAVES.format(tree.released)


def test_a_commit_that_nobody_merged_is_refused(tree: Tree, dac: Dac) -> None:
    tree.git("checkout", "-q", "-b", "mine")
    mine = tree.committed("sha256:" + "3" * 64)
    tree.git("checkout", "-q", "main")
    done = dac("release", mine, cwd=tree.root)
    assert done.returncode == 2
    assert "is not a commit of this branch" in done.stderr


def test_without_canaries_there_is_nothing_to_wait_for(tree: Tree, dac: Dac) -> None:
    tree.catalog.write_text(WAVES.format('""').replace("[docs]", "[]"))
    assert "names no canaries" in dac("release", cwd=tree.root).stderr
