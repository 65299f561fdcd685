"""A histogram and a line chart as SVG, with numbered axes, legible on light and dark pages."""

import html
import math
from collections.abc import Sequence

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 36, 40
PALETTE = ("#2563eb", "#d97706")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _frame(title: str, x_label: str, body: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{html.escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        f'<text x="{LEFT}" y="20" font-size="14" fill="#111827">{html.escape(title)}</text>'
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle" fill="#374151">'
        f"{html.escape(x_label)}</text>"
    )
    return "\n".join([head, *body, "</svg>", ""])


def _axes(low: float, high: float, x_low: float, x_high: float) -> list[str]:
    parts = []
    for i in range(5):
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * i / 4
        x = LEFT + (WIDTH - LEFT - RIGHT) * i / 4
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e7eb"/>')
        parts.append(
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#374151">'
            f"{_number(low + (high - low) * i / 4)}</text>"
        )
        parts.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle" fill="#374151">'
            f"{_number(x_low + (x_high - x_low) * i / 4)}</text>"
        )
    return parts


def histogram(title: str, x_label: str, edges: Sequence[float], counts: Sequence[int]) -> str:
    """Return an SVG of counts[i] items between edges[i] and edges[i + 1]; the edges are drawn evenly spaced."""
    top = max(counts, default=0) or 1
    step = (WIDTH - LEFT - RIGHT) / max(1, len(counts))
    body = []
    for i in range(5):
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * i / 4
        body.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e7eb"/>')
        label = _number(top * i / 4)
        body.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#374151">{label}</text>')
    every = max(1, math.ceil(len(edges) / 9))
    for i, count in enumerate(counts):
        height = (HEIGHT - TOP - BOTTOM) * count / top
        x, y = LEFT + i * step + 1, HEIGHT - BOTTOM - height
        tooltip = f"{_number(edges[i])} to {_number(edges[i + 1])}: {count:,}"
        body.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(1.0, step - 2):.1f}" height="{height:.1f}" '
            f'fill="{PALETTE[0]}"><title>{tooltip}</title></rect>'
        )
    for i in range(0, len(edges), every):
        x, y = LEFT + i * step, HEIGHT - BOTTOM + 16
        body.append(f'<text x="{x:.1f}" y="{y}" text-anchor="middle" fill="#374151">{_number(edges[i])}</text>')
    return _frame(title, x_label, body)


def curve(title: str, x_label: str, lines: dict[str, Sequence[tuple[float, float]]]) -> str:
    """Return an SVG of named lines of (x, y) points; points that are not finite are left out."""
    finite = {name: [p for p in points if math.isfinite(p[1])] for name, points in lines.items()}
    every = [p for points in finite.values() for p in points]
    if not every:
        return _frame(title, x_label, [])
    x_low, x_high = min(p[0] for p in every), max(p[0] for p in every)
    low, high = min(0.0, *(p[1] for p in every)), max(p[1] for p in every)
    body = _axes(low, high, x_low, x_high)
    for index, (name, points) in enumerate(finite.items()):
        colour = PALETTE[index % len(PALETTE)]
        path = " ".join(
            f"{LEFT + (WIDTH - LEFT - RIGHT) * (x - x_low) / ((x_high - x_low) or 1):.1f},"
            f"{HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - low) / ((high - low) or 1):.1f}"
            for x, y in points
        )
        body.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        x, y = WIDTH - RIGHT - 140, TOP + 14 + 16 * index
        body.append(f'<text x="{x}" y="{y}" fill="{colour}">{html.escape(name)}</text>')
    return _frame(title, x_label, body)
