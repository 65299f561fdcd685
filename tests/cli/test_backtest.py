"""`dac backtest` judges the trees of old commits by the rules of the working tree."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.exhaustive

RULE = """# METADATA
# title: No small runs
# description: |
#   For a test.
package rules.no_small

import data.lib

# METADATA
# title: A small run
# custom:
#   short_name: small
#   failure_msg: '%s is small'
#   solution: 'write medium'
findings contains finding if {
	some project in input.projects
	some name, pipeline in project.pipelines
	pipeline.size == "small"
	finding := lib.finding(rego.metadata.chain(), lib.in_pipeline(project, name, ["size"]), [name])
}
"""


def git(tree: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
    return subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def history(example_tree: Path, tmp_path: Path) -> tuple[Path, list[str]]:
    """Return a tree of three commits: one that cannot be read, all projects, and none that is small but two."""
    tree = tmp_path / "tree"
    shutil.copytree(example_tree, tree)
    git(tree, "init", "-q", "-b", "main")
    sizes = tree / "standards" / "catalog" / "sizes.yaml"
    sound = sizes.read_text()
    sizes.write_text(f"{sound}\n  : [")
    commits = []
    for text in (f"{sound}\n  : [", sound, None):
        if text is not None:
            sizes.write_text(text)
        else:
            file = tree / "projects" / "search" / "decisions.yaml"
            file.write_text(file.read_text().replace("size: small", "size: medium"))
        git(tree, "add", "-A")
        git(tree, "commit", "-q", "-m", "a change")
        commits.append(git(tree, "rev-parse", "HEAD"))
    return tree, commits


def test_a_new_rule_is_run_over_what_was_merged(history: tuple[Path, list[str]], dac: Callable[..., Any]) -> None:
    tree, (unreadable, first, second) = history
    (tree / "policy" / "no_small").mkdir()
    (tree / "policy" / "no_small" / "no_small.rego").write_text(RULE)
    run = dac("backtest", "no_small", "--format", "json", cwd=tree)
    assert run.returncode == 1, run.stderr
    document = json.loads(run.stdout)
    assert document["commits"] == [unreadable, first, second]
    assert list(document["not_evaluated"]) == [unreadable]
    assert document["not_evaluated"][unreadable].startswith("standards/catalog/sizes.yaml:")
    (finding,) = document["findings"]
    assert finding["example"] == (
        "projects/extract/decisions.yaml:9:11: error: full is small; write medium [no_small.small]"
    )
    assert {**finding, "example": ""} == {
        "code": "no_small.small",
        "commits": [first, second],
        "projects": ["answers", "extract", "search"],
        "example": "",
    }
    lines = dac("backtest", "no_small", "--commits", "1", cwd=tree).stdout.splitlines()
    assert lines[:3] == [
        "the rule no_small over 1 commit: 1 evaluated",
        "finding\tcommits\tprojects\tfirst\tlast",
        f"no_small.small\t1\tanswers, extract\t{second[:12]}\t{second[:12]}",
    ]


def test_rules_that_were_there_find_nothing(history: tuple[Path, list[str]], dac: Callable[..., Any]) -> None:
    tree, _ = history
    run = dac("backtest", "source_scheme", "--commits", "2", cwd=tree)
    assert (run.returncode, run.stdout) == (
        0,
        "the rule source_scheme over 2 commits: 2 evaluated\nnobody would have failed\n",
    )


def test_a_rule_that_is_not_there(example_tree: Path, dac: Callable[..., Any]) -> None:
    run = dac("backtest", "sourcescheme", cwd=example_tree)
    assert run.returncode == 2
    assert run.stderr == 'Error: there is no rule "sourcescheme"; did you mean "source_scheme"?\n'
