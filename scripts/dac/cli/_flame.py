"""A flame graph as SVG: a box a function, as wide as the time in it, above the one that called it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

Stacks = Mapping[tuple[str, ...], int]  # a call stack, the outermost function first -> its samples

_WIDTH, _ROW, _LETTER = 1200.0, 18, 6.6  # of the picture, of a row and of a letter, in px
_NARROWEST = 0.5  # px of a box that is drawn
_COLOURS = ("#e8a87c", "#f0b98d", "#e3b23c", "#d9a066", "#f2c48d", "#e89b5f", "#eabf6d", "#dfae7e")
_STYLE = "text{font:11px monospace;fill:#222}rect{stroke:#fff;stroke-width:.5}"


@dataclass(slots=True)
class _Box:
    """A function in one place of the graph."""

    name: str
    samples: int = 0
    children: dict[str, _Box] = field(default_factory=dict)


def flame_graph(stacks: Stacks, title: str) -> str:
    """Return the picture of the sampled stacks.

    Args:
        stacks: what was sampled, and how often.
        title: the text of the lowest box.
    """
    root = _Box(title)
    for stack, samples in sorted(stacks.items()):
        box = root
        box.samples += samples
        for name in stack:
            box = box.children.setdefault(name, _Box(name))
            box.samples += samples
    rows = list(_boxes(root, 0.0, 0, _WIDTH / max(1, root.samples), root.samples))
    height = (1 + max(row[0] for row in rows)) * _ROW
    drawn = "".join(
        _drawn(height - (depth + 1) * _ROW, left, width, name, share) for depth, left, width, name, share in rows
    )
    size = f'viewBox="0 0 {_WIDTH:.0f} {height}" width="{_WIDTH:.0f}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{_STYLE}</style>{drawn}</svg>\n'


def _boxes(
    box: _Box, left: float, depth: int, scale: float, total: int
) -> Iterator[tuple[int, float, float, str, str]]:
    """Yield each box that is wide enough: its depth, where it begins, its width, its name and its share."""
    width = box.samples * scale
    if width < _NARROWEST and depth:
        return
    yield depth, left, width, box.name, f"{box.samples / max(1, total):.1%}"
    for child in box.children.values():
        yield from _boxes(child, left, depth + 1, scale, total)
        left += child.samples * scale


def _drawn(top: int, left: float, width: float, name: str, share: str) -> str:
    colour = _COLOURS[zlib.crc32(name.encode()) % len(_COLOURS)]
    letters = int((width - 6) / _LETTER)
    shown = name if len(name) <= letters else f"{name[: letters - 1]}…" if letters > 3 else ""
    text = f'<text x="{left + 3:.1f}" y="{top + 13}">{escape(shown)}</text>' if shown else ""
    box = f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{_ROW}" fill="{colour}"/>'
    return f"<g><title>{escape(name)} {share}</title>{box}{text}</g>"
