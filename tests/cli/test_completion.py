"""A shell asks the command itself what may follow, as README says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def completed(**variables: str) -> str:
    """Start the command as a shell does, and return what it prints."""
    command = Path(sys.executable).parent / "dac"
    run = subprocess.run([command], env=os.environ | variables, capture_output=True, text=True)
    assert run.stderr == ""
    return run.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("dac ch", ["plain,check"]),
        ("dac ca", ["plain,calendar"]),
        ("dac check --form", ["plain,--format"]),
        ("dac check --format ", ["plain,text", "plain,json", "plain,github", "plain,sarif", "plain,gitlab"]),
    ],
)
def test_what_may_follow(words: str, expected: list[str]) -> None:
    output = completed(_DAC_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(words.count(" ")))
    assert output.splitlines() == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(shell: str) -> None:
    assert "_DAC_COMPLETE=" + shell + "_complete" in completed(_DAC_COMPLETE=f"{shell}_source")
