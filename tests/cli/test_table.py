"""A table on a terminal, however narrow: no name is cut, and what is in trouble says why."""

from __future__ import annotations

import re
import sys

import pytest
from dac.cli._status_formats import COLUMNS, SPARE
from dac.cli._table import print_table

WHY = "embed(7:434) exit 75: qdrant did not answer: https://qdrant.vector.svc:6333/collections/docs-assistant_handbook-4f0c"
NAMES = ("docs-assistant/handbook", "a-project-of-the-finance-team/answers-of-the-chat")
ROWS = [(NAMES[0], "exit handler failed", "3 hours ago", WHY, "2 days ago", "in 5 hours"),
        (NAMES[1], "ok", "3 hours ago", "-", "2 days ago", "in 5 hours")]  # fmt: skip


def shown(width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the lines of the table of ROWS on a terminal of so many columns."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    print_table(COLUMNS, ROWS, "why", SPARE)
    return re.sub(r"\x1b\[\d+m", "", capsys.readouterr().out).splitlines()


@pytest.mark.parametrize("width", range(10, 241, 10))
def test_nothing_is_cut_at_any_width(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = shown(width, capsys, monkeypatch)
    text = "\n".join(lines)
    assert all(name in text for name in NAMES)
    if lines[0] == NAMES[0]:
        assert f"  why: {WHY}" in lines, "the terminal breaks it by itself, so that it is copied as one line"
        return
    assert max(map(len, lines)) <= width
    heads = next(line for line in lines if "why" in line)
    rest = re.search(r"why {3,}", heads)
    cells = [line[heads.index("why") : rest.end() if rest else None] for line in lines]
    assert re.sub(r"\s", "", WHY) in re.sub(r"\s", "", "".join(cells))


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (240, COLUMNS),
        (128, COLUMNS),
        (100, ("pipeline", "state", "last run", "why")),
        (92, ("pipeline", "state", "why")),
    ],
)
def test_a_narrow_terminal_shows_fewer_columns(
    width: int, names: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = " ".join(shown(width, capsys, monkeypatch)[:3])
    assert all((word in heads) == (column in names) for column in COLUMNS for word in column.split()[:1])


def test_what_has_no_room_stands_below_each_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(30, capsys, monkeypatch) == [
        NAMES[0],
        "  state: exit handler failed",
        "  last run: 3 hours ago",
        f"  why: {WHY}",
        "  served since: 2 days ago",
        "  next run: in 5 hours",
        NAMES[1],
        "  state: ok",
        "  last run: 3 hours ago",
        "  served since: 2 days ago",
        "  next run: in 5 hours",
    ]
