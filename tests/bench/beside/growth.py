"""How each command's time grows with the number of projects: a picture with logarithmic axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import floor, log10

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 420, 60, 40, 200, 40
_COLOURS = ("#1f6fb4", "#c8641e", "#3b8f4d", "#8858a6", "#a03a3a")
_STYLE = "text{fill:#222}line{stroke:#ccc}@media(prefers-color-scheme:dark){text{fill:#ddd}line{stroke:#444}}"


def svg(series: Mapping[str, Sequence[tuple[float, float]]], title: str) -> str:
    """Return the picture.

    Args:
        series: a line's name -> its points: projects, seconds.
        title: what it shows, for screen readers too.
    """
    points = [point for line in series.values() for point in line]
    spans = [(log10(min(values)), log10(max(values))) for values in zip(*points, strict=True)]
    (x0, x1), (y0, y1) = ((low, max(high, low + 0.1)) for low, high in spans)
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(projects: float, seconds: float) -> tuple[float, float]:
        return (
            _LEFT + (log10(projects) - x0) / (x1 - x0) * wide,
            _TOP + high - (log10(seconds) - y0) / (y1 - y0) * high,
        )

    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<text x="{_LEFT}" y="18">{escape(title)}</text>',
    ]
    for power in range(floor(y0), floor(y1) + 1):
        if power >= y0:
            y = place(10**x0, 10.0**power)[1]
            drawn.append(f'<line x1="{_LEFT}" x2="{_LEFT + wide}" y1="{y:.1f}" y2="{y:.1f}"/>')
            drawn.append(f'<text x="4" y="{y + 4:.1f}">{10.0**power:g} s</text>')
    for projects in sorted({projects for projects, _ in points}):
        x = place(projects, 10**y0)[0]
        drawn.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_TOP + high}"/>')
        drawn.append(f'<text x="{x - 12:.1f}" y="{_HEIGHT - 14}">{projects:,g}</text>')
    for (name, line), colour in zip(series.items(), _COLOURS, strict=False):
        dots = [place(*point) for point in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in dots]
        x, y = dots[-1]
        drawn.append(f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" style="fill:{colour}">{escape(name)}</text>')
    return "\n".join([*drawn, "</svg>", ""])
