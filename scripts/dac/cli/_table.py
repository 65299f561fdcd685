"""A table: for people on a terminal, and tab-separated for other programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from dac.cli._printer import say_row
from dac.model.printing import printable

_TEXT = 24  # characters of a line of text that can be read; narrower, and columns that can be missed go instead
_BETWEEN, _AROUND = 3, 2  # what the lines of a table take between two columns, and at its sides


def print_table(
    columns: tuple[str, ...], rows: Iterable[tuple[str, ...]], text: str = "", spare: Sequence[str] = ()
) -> None:
    """Print a table: by rich on a terminal, else tab-separated for other programs.

    On a narrow terminal the text is broken into lines and no other cell within a word; then the spare columns are left
    out; and what has no room even so stands below each other, a cell a line.

    Args:
        columns: the columns' names.
        rows: a cell a column.
        text: the column with sentences of any length.
        spare: columns that can be left out, the first to go first.
    """
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            say_row(*row)
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    cells = [tuple(printable(cell) for cell in row) for row in rows]
    left = [*columns]
    for name in ("", *spare):
        left = [column for column in left if column != name]
        shown = [tuple(row[columns.index(column)] for column in left) for row in cells]
        if widths := _widths(left, shown, text, console.width):
            break
    else:
        for row in cells:
            _, *others = (f"{column}: {cell}" for column, cell in zip(columns, row, strict=True) if cell != "-")
            console.print(
                Text(row[0], style="bold"), *(Text(f"  {other}") for other in others), sep="\n", soft_wrap=True
            )
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column, width in zip(left, widths, strict=True):
        table.add_column(column, width=width, overflow="fold")
    for row in shown:
        table.add_row(Text(row[0], style="bold"), *map(Text, row[1:]))
    console.print(table)


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]], text: str, room: int) -> list[int]:
    """Return the columns' widths, none less than its longest word; an empty list where there is no room for them."""
    from rich.cells import cell_len

    room -= _AROUND + _BETWEEN * (len(columns) - 1)
    whole = [max(map(cell_len, column)) for column in zip(columns, *rows, strict=True)]
    least = [
        min(wide, _TEXT) if name == text else max(cell_len(word) for cell in column for word in cell.split() or [""])
        for name, wide, column in zip(columns, whole, zip(columns, *rows, strict=True), strict=True)
    ]
    over = room - sum(least)
    if over < 0:
        return []
    widths = list(least)
    for index in sorted(range(len(columns)), key=lambda index: columns[index] == text):
        more = min(over, whole[index] - widths[index])
        widths[index] += more
        over -= more
    return widths
