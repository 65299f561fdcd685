"""`dac search` refuses what it cannot ask, before it starts anything; it and `dac rollback` say how they are used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["python-docs", "x"], 2, "Error: python-docs is not of the form PROJECT/PIPELINE\n"),
        (["python-docs/serch", "x"], 2, "Error: python-docs has no pipeline serch; there are: search\n"),
        (["python-dcs/search", "x"], 2, 'Error: there is no project "python-dcs"; did you mean "python-docs"?\n'),
        (["python-docs/search", "x", "--top", "0"], 2, "0 is not in the range 1<=x<=1000"),
    ],
)
def test_what_cannot_be_asked(dac: Callable, words: list[str], status: int, said: str) -> None:
    done = dac("search", *words)
    assert done.returncode == status
    assert said in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["search", "rollback"])
def test_help(dac: Callable, golden: Callable[[Path, bytes], None], command: str) -> None:
    done = dac(command, "--help", COLUMNS="80")
    golden(Path(__file__).with_name(f"{command}.help"), done.stdout.encode())
    assert (done.returncode, done.stderr) == (0, "")
