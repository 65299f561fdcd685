"""What every spreadsheet gives, whatever its format: rows of cells, notes on cells, and what of it shows no value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from index.readers.section import Note, Section
from index.readers.tables import sections_of_table

_NAMED = 5  # cells that a note lists

Row = dict[int, str]
"""Column -> text, of those that have some."""


def sections_of_sheet(name: str, rows: Sequence[Mapping[int, str]]) -> Iterator[Section]:
    """Yield a sheet as a section; columns without any text are left out."""
    columns = sorted({column for row in rows for column in row})
    yield from sections_of_table(name, [[row.get(column, "") for column in columns] for row in rows])


def place(sheet: str, column: int, row: int) -> str:
    """Return a cell's name as people write it, of a column from 0 and a row from 1: Sales!B3."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{sheet}!{letters}{row}"


class Remarks:
    """What a spreadsheet says beside its cells' values."""

    def __init__(self) -> None:
        self._notes: list[str] = []
        self._errors: dict[str, list[str]] = {}
        self._not_computed: list[str] = []

    def note(self, cell: str, text: str) -> None:
        """Keep what a note on a cell says."""
        if text := " ".join(text.split()):
            self._notes.append(f"{cell}: {text}")

    def error(self, cell: str, text: str) -> None:
        """Keep that a cell shows an error such as #REF!."""
        self._errors.setdefault(text, []).append(cell)

    def not_computed(self, cell: str) -> None:
        """Keep that a cell has a formula without a value."""
        self._not_computed.append(cell)

    def pieces(self) -> Iterator[Section | Note]:
        """Yield the notes as a section, and what shows no value."""
        if self._notes:
            yield Section("Notes", "\n".join(self._notes))
        if self._errors:
            kinds = (f"{text} {len(cells)} ({_listed(cells)})" for text, cells in self._errors.items())
            yield Note(f"cells show errors in place of values: {', '.join(kinds)}")
        if cells := self._not_computed:
            yield Note(
                f"{len(cells)} of its formulas have no value yet ({_listed(cells)}): "
                "open it in a spreadsheet program, and save it"
            )


def _listed(cells: Sequence[str]) -> str:
    more = f" and {len(cells) - _NAMED} more" if len(cells) > _NAMED else ""
    return ", ".join(cells[:_NAMED]) + more
