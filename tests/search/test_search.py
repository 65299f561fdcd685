"""`dac search` refuses what it cannot ask, before it starts anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["python-docs", "x"], 2, "Error: python-docs is no PROJECT/PIPELINE\n"),
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
