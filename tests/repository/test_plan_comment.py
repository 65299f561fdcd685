"""The step of .github/workflows/plan.yaml that looks at a comment's text before it is posted with a right to write."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

JOBS = yaml.safe_load((Path(__file__).parents[2] / ".github/workflows/plan.yaml").read_text())["jobs"]
NAME = "what is posted is text, marked, and within the host's limit"
(SCRIPT,) = (step["run"] for step in JOBS["comment"]["steps"] if step.get("name") == NAME)
MARK = b"<!-- dac plan -->\n"


def passes(folder: Path) -> bool:
    """Run the step as GitHub does: in bash, which a command that fails ends."""
    command = ["bash", "--noprofile", "--norc", "-e", "-c", SCRIPT]
    done = subprocess.run(command, cwd=folder, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, capture_output=True)
    return done.returncode == 0


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    (tmp_path / "plan").mkdir()
    return tmp_path / "plan/plan.md"


@pytest.mark.parametrize(
    "text", [MARK, MARK + "caf\u00e9\n".encode(), MARK + b"x" * (65536 - len(MARK)), MARK + "\u00e9".encode() * 60000]
)
def test_a_plan_is_posted(text: bytes, plan: Path) -> None:
    plan.write_bytes(text)
    assert passes(plan.parents[1])


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"text\n" + MARK, b" " + MARK, MARK.strip() + b" x\n", MARK + b"\xff", MARK + b"\xed\xa0\x80"),
        MARK + b"x" * (65537 - len(MARK)),
    ],
)
def test_another_text_is_not(text: bytes, plan: Path) -> None:
    plan.write_bytes(text)
    assert not passes(plan.parents[1])


def test_no_file_and_no_link_is(plan: Path) -> None:
    assert not passes(plan.parents[1])
    (plan.parents[1] / "other").write_bytes(MARK)
    plan.symlink_to("../other")
    assert not passes(plan.parents[1])
    plan.unlink()
    plan.mkdir()
    assert not passes(plan.parents[1])
