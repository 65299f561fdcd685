"""A rule that warns until a day and denies from it, by one clock; and errors that a change did not bring."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from denied_tree import DECISIONS, tree

pytestmark = pytest.mark.exhaustive

Dac = Callable[..., "subprocess.CompletedProcess[str]"]
WRONG = DECISIONS.replace("s3://docs/manifest.jsonl", "https://docs.example.com/manifest.jsonl")
DAY = 'denies_from: "2031-03-31"'


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def announce(folder: Path, line: str) -> None:
    """Write a line into the METADATA of what `source_scheme` finds."""
    rule = folder / "policy/source_scheme/source_scheme.rego"
    text = rule.read_text()
    assert text.count("#   short_name: not_allowed\n") == 1
    rule.write_text(text.replace("#   short_name: not_allowed\n", f"#   short_name: not_allowed\n#   {line}\n"))


@pytest.fixture
def announced(tmp_path: Path, root: Path) -> Path:
    """Return a tree whose project breaks a rule that denies from a day."""
    folder = tree(tmp_path, root, None)
    (folder / "projects/search/decisions.yaml").write_text(WRONG)
    announce(folder, DAY)
    return folder


@pytest.mark.parametrize(
    ("day", "status", "severity"),
    [("2031-03-30", 0, "warning"), ("2031-03-31", 1, "error"), ("2031-04-01", 1, "error")],
)
def test_a_rule_denies_from_its_day(announced: Path, dac: Dac, day: str, status: int, severity: str) -> None:
    done = dac("check", "--on", day, "--format", "json", cwd=announced)
    assert done.returncode == status, done.stdout
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["code"], finding["severity"]) == ("source_scheme.not_allowed", severity)
    assert finding["message"].endswith("; denied from 2031-03-31 on") is (severity == "warning")


@pytest.mark.parametrize(
    "line",
    [
        "denies_from: 2031-03-31",
        'denies_from: "soon"',
        'denies_from: "2031-02-30"',
        'denies_from: "2031-3-31"',
        "denies_from: 20310331",
        'denies_from: ""',
        'denies_form: "2031-03-31"',
        "severity: fatal",
        "owner: me",
        "wider: sideways",
    ],
)
def test_metadata_that_the_schema_refuses_is_an_error(tmp_path: Path, root: Path, dac: Dac, line: str) -> None:
    folder = tree(tmp_path, root, None)
    announce(folder, line)
    done = dac("check", "--on", "2031-03-30", "--format", "json", cwd=folder)
    assert done.returncode == 1, done.stdout
    findings = json.loads(done.stdout)["findings"]
    assert {finding["code"] for finding in findings} == {"policy.metadata"}
    assert findings[0]["file"] == "policy/source_scheme/source_scheme.rego"
    assert line.partition(":")[0] in findings[0]["message"]


def test_a_day_without_quotes_is_shown_as_it_is_written(tmp_path: Path, root: Path, dac: Dac) -> None:
    folder = tree(tmp_path, root, None)
    announce(folder, "denies_from: 2031-03-31")
    (finding,) = json.loads(dac("check", "--on", "2031-03-30", "--format", "json", cwd=folder).stdout)["findings"]
    assert finding["message"] == "the rule's METADATA is wrong at custom.denies_from: 2031-03-31 is not in quotes"
    assert finding["remedy"] == 'write "2031-03-31"'


@pytest.fixture
def branched(announced: Path) -> Path:
    """Return a repository whose main has a project that fails from the day on, and a sound one beside it."""
    other = announced / "projects/other"
    other.mkdir()
    (other / "decisions.yaml").write_text(DECISIONS)
    (announced / "standards/catalog/owners/team-docs.yaml").write_text("projects:\n  - search\n  - other\n")
    git(announced, "init", "-q", "-b", "main")
    git(announced, "add", "-A")
    git(announced, "commit", "-q", "-m", "a start")
    git(announced, "switch", "-q", "-c", "change")
    return announced


def edit(folder: Path, project: str, old: str, new: str) -> None:
    path = folder / "projects" / project / "decisions.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    git(folder, "commit", "-qam", "a change")


def test_a_stale_error_never_fails_an_unrelated_change(branched: Path, dac: Dac) -> None:
    edit(branched, "other", "schedule: nightly", "schedule: weekly")
    assert dac("check", "--on", "2031-03-31", cwd=branched).returncode == 1
    done = dac("check", "--on", "2031-03-31", "--base", "main", cwd=branched)
    assert done.returncode == 0, done.stdout
    assert "warning: " in done.stdout
    assert "it stands at the base too, outside this change" in done.stdout


def test_an_error_in_what_is_changed_stays_one(branched: Path, dac: Dac) -> None:
    edit(branched, "search", "schedule: nightly", "schedule: weekly")
    assert dac("check", "--on", "2031-03-31", "--base", "main", cwd=branched).returncode == 1


def test_an_error_that_is_new_stays_one_wherever_it_stands(branched: Path, dac: Dac) -> None:
    """A tightened standard makes a project fail whose own file did not change."""
    edit(branched, "search", "https://docs.example.com/manifest.jsonl", "s3://docs/manifest.jsonl")
    git(branched, "branch", "-f", "main", "HEAD")
    standard = branched / "standards/probe/v1/standard.yaml"
    assert "schemes: [s3]" in standard.read_text()
    standard.write_text(standard.read_text().replace("schemes: [s3]", "schemes: [gs]"))
    done = dac("check", "--on", "2031-03-31", "--base", "main", cwd=branched)
    assert done.returncode == 1
    assert "outside this change" not in done.stdout


def test_a_base_that_is_not_there_is_misuse(branched: Path, dac: Dac) -> None:
    done = dac("check", "--on", "2031-03-31", "--base", "nowhere", cwd=branched)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere" in done.stderr


def test_the_backtest_has_the_same_clock(branched: Path, dac: Dac) -> None:
    def run(*arguments: str) -> Any:
        done = dac("backtest", "source_scheme", "--format", "json", *arguments, cwd=branched)
        return done.returncode, [finding["projects"] for finding in json.loads(done.stdout)["findings"]]

    assert run() == (0, [])  # each commit as of its own day
    assert run("--on", "2031-03-30") == (0, [])
    assert run("--on", "2031-03-31") == (1, [["search"]])


def test_a_tree_without_the_schema_is_not_held_to_it(announced: Path, dac: Dac, tmp_path: Path) -> None:
    shutil.move(announced / "policy/metadata.schema.json", tmp_path / "away.json")
    assert dac("check", "--on", "2031-03-30", cwd=announced).returncode == 0
