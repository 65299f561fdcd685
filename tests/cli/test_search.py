"""`dac search` refuses what it cannot ask, before it starts anything; it and `dac rollback` say how they are used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["search", "x"], 2, "Error: name one of the pipelines of search: search/index\n"),
        (["search/idnex", "x"], 2, "Error: search has no pipeline idnex; there are: index\n"),
        (["serch/index", "x"], 2, 'Error: there is no project "serch"; did you mean "search"?\n'),
        (["search/index", "x", "--top", "0"], 2, "0 is not in the range 1<=x<=1000"),
    ],
)
def test_what_cannot_be_asked(dac: Callable, example_tree: Path, words: list[str], status: int, message: str) -> None:
    done = dac("search", *words, cwd=example_tree)
    assert done.returncode == status
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["search", "rollback", "migrate"])
def test_help(dac: Callable, golden: Callable[[Path, bytes], None], command: str) -> None:
    done = dac(command, "--help", COLUMNS="80")
    golden(Path(__file__).with_name(f"{command}.help"), done.stdout.encode())
    assert (done.returncode, done.stderr) == (0, "")
