"""A DAG as an inline SVG: its colours are the page's, and its name says what the drawing shows."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from dac.model.printing import printable, shortened
from dac.site.graph import Graph, Node, graph_of
from dac.site.layout import Layout, Point, layout

_NAME, _NOTE = 8.0, 6.0  # width of a character: 13 px of a monospaced font, 11 px of a common one
_LINE = 15.0
_PADDING = 9.0
_LONGEST_NAME, _LONGEST_NOTE = 28, 22  # characters
_MARGIN = 4.0
_SHRINKS = 440.0  # a drawing of at most this width is shrunk to a phone's; a wider one is scrolled
_BEHIND = 4.0  # how far the second border of a task that runs many times stands out


@dataclass(frozen=True, slots=True)
class _Box:
    """A node with its size, the lines within it, and what is drawn below them."""

    node: Node
    name: str
    notes: tuple[str, ...]
    width: float
    height: float
    inner: _Drawing | None


@dataclass(frozen=True, slots=True)
class _Drawing:
    boxes: tuple[_Box, ...]
    graph: Graph
    layout: Layout


def picture(spec: Mapping[str, Any], name: str) -> str:
    """Return the drawing of a ClusterWorkflowTemplate's DAG.

    Args:
        spec: of the template.
        name: what is drawn, in a few words, for those who do not see it.
    """
    drawing = _drawing(graph_of(spec))
    width, height = drawing.layout.width + 2 * _MARGIN + _BEHIND, drawing.layout.height + 2 * _MARGIN + _BEHIND
    steps = ", ".join(_sentence(index, drawing.graph) for index in range(len(drawing.boxes)))
    label = escape(printable(f"{name}: {steps}"))
    kind = "dag small" if width <= _SHRINKS else "dag"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" role="img" aria-label="{label}" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">',
        *_drawn(drawing, _MARGIN, _MARGIN),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _sentence(index: int, graph: Graph) -> str:
    before = [graph.nodes[edge.before].name for edge in graph.edges if edge.after == index]
    name = graph.nodes[index].name
    return f"{name} after {' and '.join(before)}" if before else name


def _drawing(graph: Graph) -> _Drawing:
    boxes = tuple(_box(node) for node in graph.nodes)
    sizes = [(box.width, box.height) for box in boxes]
    return _Drawing(boxes, graph, layout(sizes, [(edge.before, edge.after) for edge in graph.edges]))


def _box(node: Node) -> _Box:
    inner = _drawing(node.inner) if node.inner and node.inner.nodes else None
    name = _cut(printable(node.name), _LONGEST_NAME)
    notes = tuple(
        line for note in node.notes for line in textwrap.wrap(printable(note), _LONGEST_NOTE, break_on_hyphens=False)
    )
    width = max(_width(name) * _NAME, *(_width(note) * _NOTE for note in notes), inner.layout.width if inner else 0.0)
    height = _LINE * (1 + len(notes)) + 2 * _PADDING + (inner.layout.height + _PADDING if inner else 0.0)
    return _Box(node, name, notes, width + 2 * _PADDING, height, inner)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _width(text: str) -> int:
    """Return how many narrow characters a text is as wide as."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _drawn(drawing: _Drawing, left: float, top: float) -> Iterator[str]:
    for edge, route in zip(drawing.graph.edges, drawing.layout.routes, strict=True):
        kind = "edge" if edge.after_success else "edge also"
        points = [(x + left, y + top) for x, y in route]
        yield f'<path class="{kind}" d="{_curve(points)}"/>'
        yield f'<path class="arrow" d="{_arrow(points[-1])}"/>'
    for box, (x, y) in zip(drawing.boxes, drawing.layout.corners, strict=True):
        yield from _drawn_box(box, x + left, y + top)


def _drawn_box(box: _Box, left: float, top: float) -> Iterator[str]:
    yield f"<g><title>{escape(_title(box.node))}</title>"
    size = f'width="{box.width:.1f}" height="{box.height:.1f}" rx="6"'
    if box.node.many:
        yield f'<rect class="box" x="{left + _BEHIND:.1f}" y="{top + _BEHIND:.1f}" {size}/>'
    yield f'<rect class="box{" outer" if box.inner else ""}" x="{left:.1f}" y="{top:.1f}" {size}/>'
    middle, line = left + box.width / 2, top + _PADDING + _LINE - 4
    yield f'<text class="name" x="{middle:.1f}" y="{line:.1f}">{escape(box.name)}</text>'
    for number, note in enumerate(box.notes, 1):
        yield f'<text class="note" x="{middle:.1f}" y="{line + number * _LINE:.1f}">{escape(note)}</text>'
    if box.inner:
        below = top + _PADDING + _LINE * (1 + len(box.notes)) + _PADDING / 2
        yield from _drawn(box.inner, middle - box.inner.layout.width / 2, below)
    yield "</g>"


def _title(node: Node) -> str:
    return printable(shortened(": ".join([node.name, ", ".join(node.notes)]) if node.notes else node.name, 200))


def _curve(points: Sequence[Point]) -> str:
    """Return a path that leaves and meets every point vertically; the last one is left for the arrow's head."""
    (x, y), *others = points
    parts = [f"M{x:.1f} {y:.1f}"]
    for number, (to_x, to_y) in enumerate(others, 1):
        end = to_y - (6 if number == len(others) else 0)
        middle = (y + end) / 2
        parts.append(f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {end:.1f}")
        x, y = to_x, end
    return " ".join(parts)


def _arrow(end: Point) -> str:
    x, y = end
    return f"M{x:.1f} {y:.1f}l-4 -7h8z"
