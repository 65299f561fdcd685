"""Scores of a pipeline's runs as an inline SVG: a line a metric, a point a run, the newest at the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil, floor

from dac.model.printing import printable, shortened
from dac.model.words import plural
from dac.site.facts import Score

_WIDTH, _HEIGHT = 640.0, 230.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 180.0, 14.0, 26.0  # around the plot: axis, labels of the lines, air, moments
_APART = 14.0  # between two labels of lines, at least
_STEPS = 4  # between the lines of the grid
_LONGEST = 22  # characters of a metric's name
_STYLES = 8  # of lines, in style.css: a standard's suite has at most as many metrics
_DOT = 3.0


def metrics_of(scores: Sequence[Score]) -> list[str]:
    """Return the metrics of some runs, in the order in which the newest has them, then those of older runs."""
    return list(dict.fromkeys(metric for score in scores for metric in score.values))


def curves(scores: Sequence[Score], name: str) -> str:
    """Return the drawing of how scores went.

    Args:
        scores: of at least one run, the newest first.
        name: the pipeline's, for those who do not see the drawing.
    """
    ordered = list(reversed(scores))
    low, high = _range([value for score in scores for value in score.values.values()])
    plot = _Plot(len(ordered), low, high)
    metrics = metrics_of(scores)
    label = f"Scores of {plural(len(scores), 'run')} of {name}: " + "; ".join(
        f"{metric} {', '.join(f'{score.values[metric]:.3f}' for score in ordered if metric in score.values)}"
        for metric in metrics
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="scores small" role="img" '
        f'aria-label="{escape(printable(label))}" '
        f'width="{_WIDTH:.0f}" height="{_HEIGHT:.0f}" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}">',
        *_grid(plot, ordered),
    ]
    ends = []
    for number, metric in enumerate(metrics):
        points = [(plot.x(i), plot.y(s.values[metric]), s) for i, s in enumerate(ordered) if metric in s.values]
        lines += _line(points, metric, number % _STYLES)
        ends.append((points[-1][1], f"{_cut(printable(metric))} {points[-1][2].values[metric]:.3f}", number % _STYLES))
    return "\n".join([*lines, *_labels(ends), "</svg>"]) + "\n"


class _Plot:
    """Where runs and values lie on the drawing."""

    def __init__(self, runs: int, low: float, high: float) -> None:
        self.low, self.high, self._runs = low, high, runs

    def x(self, run: int) -> float:
        """Return where a run lies; one alone lies at the right, beside its label."""
        inner = _WIDTH - _LEFT - _RIGHT
        return _LEFT + (inner * run / (self._runs - 1) if self._runs > 1 else inner)

    def y(self, value: float) -> float:
        """Return where a value lies."""
        inner = _HEIGHT - _TOP - _BOTTOM
        return _TOP + inner * (self.high - value) / (self.high - self.low)


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of the axis: tenths around all values, so that a small drop is seen and the axis is not odd."""
    low, high = floor(min(values) * 10) / 10, ceil(max(values) * 10) / 10
    return (low, high) if high > low else (max(0.0, low - 0.1), max(0.1, high))  # never above 1


def _grid(plot: _Plot, ordered: Sequence[Score]) -> Iterator[str]:
    for step in range(_STEPS + 1):
        value = plot.low + (plot.high - plot.low) * step / _STEPS
        y = plot.y(value)
        yield f'<path class="grid" d="M{_LEFT:.0f} {y:.1f}H{_WIDTH - _RIGHT:.0f}"/>'
        yield f'<text class="value" x="{_LEFT - 6:.0f}" y="{y + 4:.1f}">{value:.4g}</text>'
    last = len(ordered) - 1
    for run, kind in [(0, "first"), (last, "last")] if last else [(last, "last")]:
        moment = escape(printable(shortened(ordered[run].when, _LONGEST)))
        yield f'<text class="{kind}" x="{plot.x(run):.1f}" y="{_HEIGHT - 6:.0f}">{moment}</text>'


def _line(points: Sequence[tuple[float, float, Score]], metric: str, style: int) -> Iterator[str]:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in points)
    yield f'<g class="line{style}"><path class="line" d="M{path}"/>'
    for x, y, score in points:
        about = f"{score.run}: {metric} {score.values[metric]:.3f}, {score.model or 'model not known'}"
        title = escape(printable(shortened(f"{about}, {score.verdict}" if score.verdict else about, 200)))
        kind = "dot failed" if score.verdict == "fail" else "dot"
        yield f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{_DOT:.0f}"><title>{title}</title></circle>'
    yield "</g>"


def _labels(ends: Sequence[tuple[float, str, int]]) -> Iterator[str]:
    """Yield the lines' names beside their ends, moved apart where they would touch, and kept on the drawing."""
    ordered = sorted(ends)
    heights: list[float] = []
    for y, _, _ in ordered:
        heights.append(max(y, heights[-1] + _APART if heights else y))
    most = _HEIGHT - 4
    for index in range(len(heights) - 1, -1, -1):
        heights[index] = min(heights[index], most)
        most = heights[index] - _APART
    for height, (_, text, style) in zip(heights, ordered, strict=True):
        x = _WIDTH - _RIGHT + 10
        yield f'<text class="label line{style}" x="{x:.0f}" y="{height + 4:.1f}">{escape(text)}</text>'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
