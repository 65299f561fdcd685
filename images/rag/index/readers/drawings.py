"""What is written in an office document's drawings: shapes, diagrams and charts, the latter in parts of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SERIES = f"{_C}ser"
_KINDS = ("/diagramData", "/chart")  # of relationships: the end of their types


def paragraphs(element: Any) -> list[str]:
    """Return the text of each paragraph of a shape, formulas and fields too."""
    return [text for each in element.iter(f"{A}p") if (text := "".join(_pieces(each)))]


def _pieces(paragraph: Any) -> Iterator[str]:
    for node in paragraph.iter(f"{A}t", f"{A}br", f"{_M}t"):
        if not any(above.tag == FALLBACK for above in node.iterancestors()):
            yield "\n" if node.tag == f"{A}br" else (node.text or "").replace("\v", "\n")


def drawn(relationships: Iterable[Any]) -> list[str]:
    """Return what the diagrams and charts say that a part refers to: a line a node, and a line a series."""
    from lxml import etree

    lines: list[str] = []
    for relationship in relationships:
        if relationship.is_external or not relationship.reltype.endswith(_KINDS):
            continue
        root = etree.fromstring(
            relationship.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        )
        if root is not None:
            lines += [*paragraphs(root), *map(_series, root.iter(_SERIES))]
    return lines


def _series(series: Any) -> str:
    """Return a chart's series: its name, and each category with its value."""
    name, categories, values = (
        [point.text or "" for part in series.iterfind(f"{_C}{tag}") for point in part.iter(f"{_C}v")]
        for tag in ("tx", "cat", "val")
    )
    pairs = [f"{category} {value}" for category, value in zip(categories, values, strict=False)] or values
    return ": ".join(part for part in (" ".join(name), ", ".join(pairs)) if part)
