"""The deploy repository: one file a pipeline, nothing lost when two push at once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from index import deploy


def held(repository: Path, path: str) -> dict[str, Any]:
    """Return the file as the repository's main branch has it."""
    show = ["git", "--git-dir", str(repository), "show", f"main:{path}"]
    manifest: dict[str, Any] = json.loads(subprocess.run(show, capture_output=True, text=True, check=True).stdout)
    return manifest


def commits(repository: Path) -> int:
    """Return how many commits the main branch has."""
    count = ["git", "--git-dir", str(repository), "rev-list", "--count", "main"]
    return int(subprocess.run(count, capture_output=True, text=True, check=True).stdout)


def test_the_first_push_makes_the_repository_and_an_equal_index_makes_no_commit(tmp_path: Path) -> None:
    repository = tmp_path / "deploy.git"
    assert deploy.push(f"file://{repository}", "p/q.json", {"index": "1"}, "p/q: index 1") is True
    assert deploy.push(f"file://{repository}", "p/q.json", {"index": "1"}, "p/q: index 1") is False
    assert (held(repository, "p/q.json"), commits(repository)) == ({"index": "1"}, 1)


def test_a_push_that_loses_the_race_is_rebased_on_what_won(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "deploy.git"
    address = f"file://{repository}"
    deploy.push(address, "p/q.json", {"index": "1"}, "p/q: index 1")
    push, raced = deploy._push, []

    def late(tree: Path) -> None:
        if not raced:  # between this one's commit and its push another pipeline's push arrives
            raced.append(True)
            deploy.push(address, "other/q.json", {"index": "9"}, "other/q: index 9")
        push(tree)

    monkeypatch.setattr(deploy, "_push", late)
    assert deploy.push(address, "p/q.json", {"index": "2"}, "p/q: index 2") is True
    assert held(repository, "p/q.json") == {"index": "2"}
    assert held(repository, "other/q.json") == {"index": "9"}
    assert commits(repository) == 3


def test_what_is_no_repository_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(deploy.InputError, match=r"git clone of the deploy repository failed: .*does not appear to be"):
        deploy.push(f"file://{tmp_path}/folder", "p/q.json", {}, "m")
