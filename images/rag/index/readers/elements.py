"""Elements within elements, as the XML of Word and of OpenDocument nests them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from index.readers.tables import Cell, laid_out


def outermost(element: Any, tags: Collection[str], left_out: Collection[str]) -> Iterator[Any]:
    """Yield what has one of the tags, in its order and within whatever else; what stands within one is its own."""
    pending = [element]
    while pending:
        node = pending.pop()
        if node.tag in tags:
            yield node
        elif node.tag not in left_out:
            pending.extend(reversed(node))


def table_rows(
    table: Any,
    row: str,
    cells: Collection[str],
    texts: Callable[[Any], Iterable[str]],
    placed: Callable[[Any, str], Iterable[Cell]],
) -> list[list[str]]:
    """Return a table's rows, of each cell its texts on a line; a table within a cell is text of that cell.

    Args:
        table, row, cells: the element, and the tags of its rows and cells.
        texts: returns the texts within a cell.
        placed: returns what an element of a cell stands for, given its text: several cells where it is repeated.
    """
    lines = (_own(line, cells, row) for line in _own(table, {row}, table.tag))
    return laid_out(
        [cell for each in line for cell in placed(each, " ".join(" ".join(texts(each)).split()))] for line in lines
    )


def _own(element: Any, tags: Collection[str], holder: str) -> list[Any]:
    return [node for node in element.iter(*tags) if next(node.iterancestors(holder)) is element]
