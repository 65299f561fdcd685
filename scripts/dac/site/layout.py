"""A layered layout (Sugiyama): where each node of a DAG is drawn, and through which points each edge goes.

Layers go from the top down, by the longest way from a node that waits for nothing. An edge over several layers has a
place of its own in each of them, so that it passes beside the nodes. The same graph is drawn alike.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

Point = tuple[float, float]
Link = tuple[int, int]
_SWEEPS = 12
_GAP = 14.0  # between neighbours of a layer
_PASSAGE = 8.0  # width of an edge's place in a layer that it passes
_BETWEEN = 34.0  # between two layers


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are; x and y grow to the right and down from 0.

    Attributes:
        corners: the upper left corner of each node.
        routes: the points of each edge, from the lower side of a node to the upper side of another.
        width, height: of the whole.
    """

    corners: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Layered:
    """The nodes, and behind them the passages of edges: a width each, those above and below each, and the layers."""

    widths: list[float]
    above: Mapping[int, list[int]]
    below: Mapping[int, list[int]]
    layers: list[list[int]]


def layout(sizes: Sequence[tuple[float, float]], links: Sequence[Link]) -> Layout:
    """Place nodes.

    Args:
        sizes: width and height of each node.
        links: (upper, lower) indexes of nodes; without a circle.
    """
    if not sizes:
        return Layout((), (), 0.0, 0.0)
    layered, chains = _in_layers(sizes, links)
    layered = _untangled(layered)
    centres = _centres(layered)
    heights = [max((sizes[index][1] for index in layer if index < len(sizes)), default=0.0) for layer in layered.layers]
    tops = [sum(heights[:level]) + _BETWEEN * level for level in range(len(heights))]
    level_of = {index: level for level, layer in enumerate(layered.layers) for index in layer}
    corners = tuple(
        (centres[index] - width / 2, tops[level_of[index]] + (heights[level_of[index]] - height) / 2)
        for index, (width, height) in enumerate(sizes)
    )
    rows = [(top, top + height) for top, height in zip(tops, heights, strict=True)]
    sides = [(corner[1], corner[1] + size[1]) for corner, size in zip(corners, sizes, strict=True)]
    routes = tuple(_route(chain, centres, [rows[level_of[index]] for index in chain], sides) for chain in chains)
    width = max(centres[index] + layered.widths[index] / 2 for index in range(len(layered.widths)))
    return Layout(corners, routes, width, tops[-1] + heights[-1])


def _route(
    chain: Sequence[int],
    centres: Sequence[float],
    rows: Sequence[tuple[float, float]],
    sides: Sequence[tuple[float, float]],
) -> tuple[Point, ...]:
    """Return an edge's points: through each layer straight down, so that it bends between layers alone."""
    points = [(centres[chain[0]], sides[chain[0]][1])]
    for number, (index, row) in enumerate(zip(chain, rows, strict=True)):
        points += [(centres[index], row[0])] * (number > 0) + [(centres[index], row[1])] * (number < len(chain) - 1)
    points.append((centres[chain[-1]], sides[chain[-1]][0]))
    return tuple(point for point, former in zip(points, [None, *points], strict=False) if point != former)


def _levels(count: int, links: Sequence[Link]) -> list[int]:
    """Return the layer of each node: one below the lowest that it waits for."""
    levels = [0] * count
    for _ in range(count):
        lower = [(below, levels[above] + 1) for above, below in links if levels[below] <= levels[above]]
        if not lower:
            break
        for below, level in lower:
            levels[below] = max(levels[below], level)
    return levels


def _in_layers(sizes: Sequence[tuple[float, float]], links: Sequence[Link]) -> tuple[_Layered, list[list[int]]]:
    """Return nodes and passages in their layers, in the order of the nodes, and those that each edge goes through."""
    levels = _levels(len(sizes), links)
    widths = [width for width, _ in sizes]
    layers: list[list[int]] = [[] for _ in range(max(levels) + 1)]
    for index, level in enumerate(levels):
        layers[level].append(index)
    chains = []
    for upper, lower in links:
        passed = []
        for level in range(levels[upper] + 1, levels[lower]):
            passed.append(len(widths))
            layers[level].append(len(widths))
            widths.append(_PASSAGE)
        chains.append([upper, *passed, lower])
    above: dict[int, list[int]] = {index: [] for index in range(len(widths))}
    below: dict[int, list[int]] = {index: [] for index in range(len(widths))}
    for chain in chains:
        for upper, lower in pairwise(chain):
            below[upper].append(lower)
            above[lower].append(upper)
    return _Layered(widths, above, below, layers), chains


def _untangled(layered: _Layered) -> _Layered:
    """Order each layer by the middle of its neighbours, from above and from below in turn; keep what crosses least."""
    best, fewest = layered, _crossings(layered)
    layers = layered.layers
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        neighbours = layered.above if down else layered.below
        layers = [list(layer) for layer in layers]
        order = {index: at for layer in layers for at, index in enumerate(layer)}
        for layer in layers if down else reversed(layers):
            layer.sort(key=lambda index: _mean([order[other] for other in neighbours[index]], order[index]))
            order |= {index: at for at, index in enumerate(layer)}
        swept = replace(layered, layers=layers)
        if (crossings := _crossings(swept)) < fewest:
            best, fewest = swept, crossings
    return best


def _crossings(layered: _Layered) -> int:
    order = {index: at for layer in layered.layers for at, index in enumerate(layer)}
    total = 0
    for layer in layered.layers:
        passed: list[int] = []  # the lower ends of the edges further left, in order
        for _, lower in sorted((order[upper], order[lower]) for upper in layer for lower in layered.below[upper]):
            total += len(passed) - bisect_right(passed, lower)
            insort(passed, lower)
    return total


def _centres(layered: _Layered) -> list[float]:
    """Return each place's middle: near the middle of its neighbours, the order and the gaps kept."""
    centres = [0.0] * len(layered.widths)
    for layer in layered.layers:
        for index, centre in zip(layer, _spread(layer, layered.widths, [0.0] * len(layer)), strict=True):
            centres[index] = centre
    for sweep in range(_SWEEPS + 1):  # the last one goes down, so that what has one node above it stands right below it
        down = sweep % 2 == 0
        neighbours = layered.above if down else layered.below
        for layer in layered.layers if down else reversed(layered.layers):
            wished = [_mean([centres[other] for other in neighbours[index]], centres[index]) for index in layer]
            for index, centre in zip(layer, _spread(layer, layered.widths, wished), strict=True):
                centres[index] = centre
    left = min(centre - width / 2 for centre, width in zip(centres, layered.widths, strict=True))
    return [round(centre - left, 1) for centre in centres]


def _spread(layer: Sequence[int], widths: Sequence[float], wished: Sequence[float]) -> list[float]:
    """Return the middles nearest to the wished ones, by least squares, that keep the order and the gaps.

    Without the gaps it is an isotonic regression: neighbours that would stand in the wrong order share their mean.
    """
    offsets = [0.0]
    for left, right in pairwise(layer):
        offsets.append(offsets[-1] + (widths[left] + widths[right]) / 2 + _GAP)
    pools: list[tuple[float, int]] = []  # (mean, how many)
    for wish, offset in zip(wished, offsets, strict=True):
        mean, count = wish - offset, 1
        while pools and pools[-1][0] >= mean:
            former, others = pools.pop()
            mean, count = (former * others + mean * count) / (others + count), others + count
        pools.append((mean, count))
    means = [mean for mean, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
