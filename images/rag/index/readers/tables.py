"""Rows of cells as text: a row a line, the head repeated where the table is longer than a chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from index.readers.section import Section

LONG = 8  # rows; a longer table is a section of its own


def sections_of_table(heading: str, rows: Sequence[Sequence[str]]) -> Iterator[Section]:
    """Yield a table as a section, its first row as the header where it is long."""
    lines = [" | ".join(cells) for cells in rows if any(cell.strip() for cell in cells)]
    if lines:
        yield Section(heading, "\n".join(lines), header=lines[0] if len(lines) > LONG else "")
