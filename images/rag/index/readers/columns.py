"""The text of a page in reading order: one column after the other, where its columns were drawn line by line."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

from index.readers.spacing import closed

_MOST_BOXES = 5000  # of a page; one with more is a drawing
_FEWEST_LINES = 6  # in each column
_GUTTER = 6.0  # points between two columns at least


class _Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float
    text: str


def ordered(page: Any) -> str:
    """Return the text of PDFium's text page; of two columns that were drawn in turn, the left one first."""
    text = closed(page.get_text_range(), page)
    count = page.count_rects()
    if not 2 * _FEWEST_LINES <= count <= _MOST_BOXES:
        return text
    boxes = [_Box(*(rect := page.get_rect(number)), page.get_text_bounded(*rect).strip()) for number in range(count)]
    boxes = [box for box in boxes if box.text]
    gutter = _gutter(boxes)
    if gutter is None:
        return text
    left = [box for box in boxes if box.right <= gutter]
    right = [box for box in boxes if box.left >= gutter]
    if _turns(boxes, gutter) < min(len(left), len(right)) // 2:
        return text  # drawn column by column already
    across = [box for box in boxes if box.left < gutter < box.right]
    top = max(box.top for box in [*left, *right])
    above = [box for box in across if box.bottom >= top]
    below = [box for box in across if box.bottom < top]
    return "\n".join(_lines(above) + _lines(left) + _lines(right) + _lines(below))


def _gutter(boxes: list[_Box]) -> float | None:
    """Return the middle of an empty strip with columns on both sides; None where there is none."""
    lines = [box for box in boxes if len(box.text) > 1]
    if len(lines) < 2 * _FEWEST_LINES:
        return None
    least, most = min(box.left for box in lines), max(box.right for box in lines)
    for share in (0.5, 0.48, 0.52, 0.46, 0.54, 0.44, 0.56, 0.42, 0.58, 0.4, 0.6):
        place = least + share * (most - least)
        crossing = [box for box in lines if box.left < place + _GUTTER / 2 and box.right > place - _GUTTER / 2]
        left = sum(1 for box in lines if box.right <= place)
        right = sum(1 for box in lines if box.left >= place)
        if min(left, right) >= _FEWEST_LINES and len(crossing) <= len(lines) // 10:
            return place
    return None


def _turns(boxes: list[_Box], gutter: float) -> int:
    """Return how often the drawing goes from the left column to the right one."""
    sides = [box.left >= gutter for box in boxes if box.right <= gutter or box.left >= gutter]
    return sum(1 for before, after in pairwise(sides) if after and not before)


def _lines(boxes: list[_Box]) -> list[str]:
    """Return boxes as lines, from the top."""
    lines: list[list[_Box]] = []
    for box in sorted(boxes, key=lambda box: (-box.bottom, box.left)):
        if lines and abs(lines[-1][0].bottom - box.bottom) < (box.top - box.bottom) / 2:
            lines[-1].append(box)
        else:
            lines.append([box])
    return [" ".join(box.text for box in sorted(line, key=lambda box: box.left)) for line in lines]
