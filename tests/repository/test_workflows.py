"""What GitHub's workflows run, held to this tree: every file, make target, command and flag of theirs is there.

actionlint (`make workflows`) knows their syntax and their actions' inputs, and nothing of what their commands name.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from dac.cli import LazyGroup, main

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yaml"))
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
TOPS = {path.split("/")[0] for path in TRACKED}
FILE = re.compile(r"(?<![\w./$-])(?:[\w.-]+/)+[\w.*-]+")
MAKE = re.compile(r"(?:^|&& |= |\) )make((?: [a-z][a-z-]*)+)", re.MULTILINE)
DAC = re.compile(r"\.venv/bin/dac ([a-z]+)([^|;&>)\n]*)")
FLAG = re.compile(r"(?<=\s)--[a-z-]+")


def steps(workflow: Path) -> list[dict[str, Any]]:
    """Every step of every job."""
    return [step for job in yaml.safe_load(workflow.read_text())["jobs"].values() for step in job["steps"]]


def commands(workflow: Path) -> str:
    """Return what a workflow runs, a command a line."""
    return "\n".join(step["run"].replace("\\\n", " ") for step in steps(workflow) if "run" in step)


def absent(script: str) -> list[str]:
    """Return the files of this tree that a script names, by a glob or not, and that are not there."""
    named = [path for path in FILE.findall(script) if path.split("/")[0] in TOPS]
    return sorted(path for path in named if not list(ROOT.glob(path)))


def missing_targets(script: str) -> list[str]:
    makefile = (ROOT / "Makefile").read_text()
    wanted = [target for words in MAKE.findall(script) for target in words.split()]
    return sorted(target for target in wanted if not re.search(rf"^{target}:", makefile, re.MULTILINE))


def unknown_flags(script: str) -> list[str]:
    """Return the flags that this tree's own programs and `dac` do not have."""
    unknown = []
    for match in FILE.finditer(script):
        if match[0].endswith((".sh", ".py")) and (ROOT / match[0]).is_file():
            given = re.split(r"[|;&>)\n]", script[match.end() :])[0]
            text = (ROOT / match[0]).read_text()
            unknown += [f"{match[0]} {flag}" for flag in FLAG.findall(given) if flag not in text]
    group = main
    assert isinstance(group, LazyGroup)
    for name, given in DAC.findall(script):
        command = group.get_command(None, name)  # type: ignore[arg-type]
        taken = [] if command is None else [option for parameter in command.params for option in parameter.opts]
        unknown += [f"dac {name}"] if command is None else []
        unknown += [f"dac {name} {flag}" for flag in FLAG.findall(given) if flag not in taken]
    return sorted(unknown)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_what_it_runs_is_in_this_tree(workflow: Path) -> None:
    script = commands(workflow)
    assert (absent(script), missing_targets(script), unknown_flags(script)) == ([], [], [])


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_what_it_sets_is_read_by_something(workflow: Path) -> None:
    """An environment variable of ours that nothing reads is a leftover."""
    content = yaml.safe_load(workflow.read_text())
    scopes = [content, *content["jobs"].values(), *steps(workflow)]
    own = {name for scope in scopes for name in scope.get("env", {}) if name.startswith("DAC_")}
    own |= set(re.findall(r"\b(DAC_[A-Z_]+)=", commands(workflow)))
    programs = [path for path in TRACKED if path.endswith((".py", ".sh", "Makefile", ".ci/run"))]
    text = "\n".join((ROOT / path).read_text() for path in programs if not path.startswith("tests/repository/"))
    assert [name for name in sorted(own) if name not in text] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_and_say_their_version(workflow: Path) -> None:
    used = re.findall(r"uses: *(.+)", workflow.read_text())
    assert [line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_what_is_not_there_is_found() -> None:
    """A script that was true of another tree."""
    script = "\n".join([
        "make setup && make no-such-target", '"$(images/env.sh rag test)/bin/python" -m pytest images/rag/testing',
        "images/build/build.py rag out.tar --no-such-flag | tee log", ".venv/bin/dac images --unpinned rag",
        ".venv/bin/dac ruin", "ls images/*/requirements.txt tests/bench/*.sql",
    ])  # fmt: skip
    assert absent(script) == ["images/rag/testing", "tests/bench/*.sql"]
    assert missing_targets(script) == ["no-such-target"]
    assert unknown_flags(script) == ["dac images --unpinned", "dac ruin", "images/build/build.py --no-such-flag"]
