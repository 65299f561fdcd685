"""`dac rollback` as a user meets it: the real command on a tree of its own, real runs, the deploy repository beside.

A rollback on each server's own alias is test_truth.py's and test_stores.py's.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import corpus_python

ROOT = Path(__file__).resolve().parents[3]
DAC = ROOT / ".venv/bin/dac"
TOPICS = {"with", "for", "if", "while", "break", "comparisons", "function", "identifiers"}
QUESTION = "How do I loop over a sequence?"


class Tree:
    """A tree of a user's own with the project python-docs and few of its documents; its store is embedded Qdrant."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("standards", "projects/python-docs", "policy", "images"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "tests"))
        shutil.copy(ROOT / "images/env.sh", folder / "images/env.sh")
        self.bucket = folder / ".dac/objects/python-docs"
        corpus_python.corpus(self.bucket, "")
        self.keep("manifest.jsonl", lambda row: row["id"] in TOPICS)
        self.keep("canaries.jsonl", lambda row: TOPICS.issuperset(row["documents"]))

    def keep(self, file: str, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Keeps the wanted lines of a file of the bucket."""
        lines = (self.bucket / file).read_text().splitlines(keepends=True)
        (self.bucket / file).write_text("".join(line for line in lines if wanted(json.loads(line))))

    def edit(self, file: str, old: str, new: str) -> None:
        """Replaces a piece of a file."""
        text = (self.folder / file).read_text()
        assert old in text
        (self.folder / file).write_text(text.replace(old, new, 1))

    def dac(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Calls the command in the tree."""
        command = [str(DAC), *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=900, env=os.environ)

    def publish(self) -> None:
        """Renders and runs."""
        for words in [["render", "python-docs"], ["run", "python-docs/search"]]:
            done = self.dac(*words)
            assert done.returncode == 0, done.stdout + done.stderr

    def found(self) -> dict[str, Any]:
        """What a search finds."""
        done = self.dac("search", "python-docs/search", QUESTION, "--json")
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def deployed(self) -> dict[str, Any]:
        """The deploy manifest as the repository has it."""
        show = ["git", "--git-dir", str(self.folder / ".dac/deploy.git"), "show", "main:python-docs/search.json"]
        told: dict[str, Any] = json.loads(subprocess.run(show, capture_output=True, text=True, check=True).stdout)
        return told


def test_readers_and_the_deploy_manifest_go_back_to_the_former_version_and_no_further(
    tmp_path: Path,
) -> None:
    tree = Tree(tmp_path)
    done = tree.dac("rollback", "python-docs/search")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "python-docs/search has no index yet; run: dac run python-docs/search\n"
    tree.publish()
    first, first_deployed = tree.found(), tree.deployed()
    tree.edit("projects/python-docs/decisions.yaml", "size: small", "size: small\n    chunking: fine")
    tree.publish()
    second_deployed = tree.deployed()
    assert first["index"] == first_deployed["index"] != second_deployed["index"]

    done = tree.dac("rollback", "python-docs/search")
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"readers of python-docs-search see {first['index']} again\n"
    assert tree.found() == first
    assert tree.deployed() == first_deployed

    done = tree.dac("rollback", "python-docs/search")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "python-docs/search has no former index to go back to; readers stay where they are. "
        f"{second_deployed['index']} was rolled back from: the next run leads forward to what the decisions say\n"
    )
