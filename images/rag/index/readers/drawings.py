"""What is written in an office document's drawings: shapes, diagrams and charts, the latter in parts of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from index.readers.powers import RAISED, with_powers
from index.readers.section import Note

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_CX = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"
_SERIES = f"{_C}ser"
_KINDS = ("/diagramData", "/chart", "/chartEx")  # of relationships: the end of their types
_EMBEDDED = ("/oleObject", "/package", "/aFChunk")  # of what another program wrote into the document


def paragraphs(element: Any) -> list[str]:
    """Return the text of each paragraph of a shape, formulas and fields too."""
    return [text for each in element.iter(f"{A}p") if (text := with_powers("".join(_pieces(each))))]


def _pieces(paragraph: Any) -> Iterator[str]:
    for node in paragraph.iter(f"{A}t", f"{A}br", f"{_M}t"):
        if not any(above.tag == FALLBACK for above in node.iterancestors()):
            raised = node.getparent().find(f"{A}rPr[@baseline]")
            if raised is not None and not raised.get("baseline", "").startswith(("-", "0")):
                yield RAISED
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
            lines += [*paragraphs(root), *map(_series, root.iter(_SERIES)), *_points(root)]
    return lines


def unread(parts: Iterable[Any]) -> Iterator[Note]:
    """Yield a note that names what is embedded in a document's parts: files of other programs."""
    names = [
        relationship.target_part.partname.rpartition("/")[2]
        for part in parts
        for relationship in part.rels.values()
        if relationship.reltype.endswith(_EMBEDDED) and not relationship.is_external
    ]
    if names:
        yield Note(f"what is embedded in it is not read: {', '.join(dict.fromkeys(names))}")


def _points(root: Any) -> Iterator[str]:
    """Yield the categories, or the values, of charts of newer programs: a line a level or series."""
    for level in root.iter(f"{_CX}lvl"):
        if texts := [point.text.strip() for point in level.iter(f"{_CX}pt") if (point.text or "").strip()]:
            yield ", ".join(texts)


def _series(series: Any) -> str:
    """Return a chart's series: its name, and each category with its value."""
    name, categories, values = (
        [point.text or "" for part in series.iterfind(f"{_C}{tag}") for point in part.iter(f"{_C}v")]
        for tag in ("tx", "cat", "val")
    )
    pairs = [f"{category} {value}" for category, value in zip(categories, values, strict=False)] or values
    return ": ".join(part for part in (" ".join(name), ", ".join(pairs)) if part)
