"""The calendar as a picture: a row a pipeline, a bar from each start to the longest that its run may take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape

from dac.calendar import Entry
from dac.model.printing import printable
from dac.model.words import plural

_ROW, _NAMES, _WIDTH = 22, 260, 900  # pixels


def svg(entries: Sequence[Entry], start: datetime, days: int) -> str:
    """Return a drawing of the pipelines that have a schedule; its titles say what a bar is, for screen readers too."""
    scheduled = [entry for entry in entries if not entry.suspended]
    height = _ROW * (len(scheduled) + 2)
    end = start + timedelta(days=days)

    def x(moment: datetime) -> float:
        return _NAMES + (min(moment, end) - start) / (end - start) * _WIDTH

    title = f"{plural(days, 'day')} from {start:%Y-%m-%d %H:%M} UTC, {plural(len(scheduled), 'scheduled pipeline')}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_NAMES + _WIDTH} {height}" '
        'font-family="sans-serif" font-size="12">',
        f"<title>{title}</title>",
        "<style>text{fill:#222}line{stroke:#bbb}.cpu{fill:#8fb4d9}.gpu{fill:#d98f4e}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}line{stroke:#555}}</style>",
    ]
    for number in range(days + 1):
        at = x(start + timedelta(days=number))
        lines.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{_ROW}" y2="{height}"/>')
        if days <= 14 and number < days:
            lines.append(f'<text x="{at + 3:.1f}" y="15">{start + timedelta(days=number):%m-%d %H:%M}</text>')
    for row, entry in enumerate(scheduled, 1):
        y = _ROW * row + 6
        lines.append(f'<text x="0" y="{y + 11}">{escape(printable(entry.name))}</text>')
        kind = "gpu" if entry.gpus else "cpu"
        for firing in entry.firings:
            width = max(2.0, x(firing + entry.longest) - x(firing))
            words = escape(printable(f"{entry.name}: {firing:%Y-%m-%d %H:%M} UTC, {plural(entry.gpus, 'GPU')}"))
            lines.append(
                f'<rect class="{kind}" x="{x(firing):.1f}" y="{y}" width="{width:.1f}" height="14" rx="2" '
                f'fill-opacity="0.6"><title>{words}</title></rect>'
            )
    return "\n".join([*lines, "</svg>", ""])
