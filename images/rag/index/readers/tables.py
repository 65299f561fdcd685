"""Rows of cells as text: a row a line, the head repeated where the table is longer than a chunk.

What a merge shows beside several rows is in each of them, so that a row says by itself what it is about; what it shows
above several columns is in the first of them, so that the others keep their places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from index.readers.section import Section

LONG = 8  # rows; a longer table is a section of its own
_REPEATED = 300  # characters; a longer text is in the first row of its merge alone
_MOST_COLUMNS = 100  # that a cell spans; in HTML it may be ten times as many


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it stands in its row.

    Attributes:
        text: on a line.
        columns, rows: that it spans.
        covered: whether a cell above it spans it too, whose text it shows.
    """

    text: str
    columns: int = 1
    rows: int = 1
    covered: bool = False


def laid_out(rows: Iterable[Sequence[Cell]], *, skips: bool = False) -> list[list[str]]:
    """Return the text of each column of each row; rows without a cell, and columns without any text, are left out.

    Args:
        rows: of a table.
        skips: whether a row has no cell where one from above spans it, as in HTML; else it has one that is covered.
    """
    lines: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}  # column -> how many more rows are spanned there, and the text
    for cells in rows:
        line: list[str] = []
        new: dict[int, tuple[int, str]] = {}
        for cell in cells:
            while skips and len(line) in below:
                line.append(below[len(line)][1])
            column, columns = len(line), min(cell.columns, _MOST_COLUMNS)
            line += [below.get(column, (0, ""))[1] if cell.covered else cell.text, *[""] * (columns - 1)]
            if not cell.covered and cell.rows > 1:
                repeated = cell.text if len(cell.text) <= _REPEATED else ""
                new |= {at: (cell.rows, repeated if at == column else "") for at in range(column, column + columns)}
            elif not cell.covered and column in below:
                new[column] = (1, "")  # what reached down to here ends
        if cells and skips:
            behind = [at for at in below if at >= len(line)]
            line += [below.get(at, (0, ""))[1] for at in range(len(line), max(behind, default=-1) + 1)]
        if cells:
            lines.append(line)
        below = {at: (left - 1, text) for at, (left, text) in (below | new).items() if left > 1}
    used = sorted({at for line in lines for at, text in enumerate(line) if text.strip()})
    return [[line[at] if at < len(line) else "" for at in used] for line in lines]


def apart(cells: Sequence[Cell]) -> list[Cell]:
    """Return a row in which each cell stands for one column: what spans several, such as a group's head, is in each."""
    return [replace(cell, columns=1) for cell in cells for _ in range(min(cell.columns, _MOST_COLUMNS))]


def sections_of_table(heading: str, rows: Sequence[Sequence[str]]) -> Iterator[Section]:
    """Yield a table as a section, its first row as the header where it is long."""
    lines = [" | ".join(cells) for cells in rows if any(cell.strip() for cell in cells)]
    if lines:
        yield Section(heading, "\n".join(lines), header=lines[0] if len(lines) > LONG else "")
