"""A table: for people on a terminal, and tab-separated for other programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from dac.cli._printer import say_row
from dac.model.printing import printable


def print_table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table: by rich on a terminal, else tab-separated for other programs."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            say_row(*row)
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(Text(printable(row[0]), style="bold"), *map(Text, map(printable, row[1:])))
    Console().print(table)
