"""The table of a bench: ours, theirs, ratio and memory, a row each; as JSON keeps it and as Markdown shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from typing import Any

Row = Mapping[str, Any]


def row(what: str, other: str, ours: Mapping[str, float], theirs: Mapping[str, float], note: str = "") -> Row:
    """Return a row.

    Args:
        what: what is done.
        other: by what else it is done.
        ours: cpu and wall in seconds, peak in MiB.
        theirs: likewise.
        note: what the other tool cannot do, or does not count.
    """
    ratio = round(theirs["cpu"] / ours["cpu"], 2)
    return {"what": what, "other": other, "ours": ours, "theirs": theirs, "ratio": ratio, "note": note}


def markdown(facts: Mapping[str, Any]) -> str:
    """Return the table with its machine and date, from what the JSON file holds."""
    lines = [
        "| what | ours | theirs | ratio | memory | beside |",
        "|---|---|---|---|---|---|",
        *(_line(each) for each in facts["rows"]),
    ]
    grown = "; ".join(
        f"{name} grows with the number of projects to the power of {power:.2f}"
        for name, power in facts["exponents"].items()
    )
    sizes = ", ".join(f"{each['projects']:,}" for each in facts["growth"])
    head = (
        f"{facts['date']}, {facts['machine']}. Seconds of the processor (user and system), the least of "
        f"{facts['runs']}; a ratio above 1 is in our favour. {facts['projects']:,} projects of one pipeline, "
        f"{facts['objects']} objects each."
    )
    files = "[The figures](docs/speed/layer.json), and [how each grows](docs/speed/growth.svg)."
    return "\n".join([head, "", *lines, "", f"Over {sizes} projects {grown}. {files}", ""])


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Return the power of the size by which the time grows, by least squares of the logarithms."""
    xs, ys = [log(size) for size, _ in points], [log(time) for _, time in points]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    squares = sum((x - mean_x) ** 2 for x in xs)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / squares if squares else 0.0


def _line(each: Row) -> str:
    ours, theirs = each["ours"], each["theirs"]
    memory = f"{ours['peak']:.0f} and {theirs['peak']:.0f} MiB"
    beside = f"{each['other']}; {each['note']}" if each["note"] else each["other"]
    cells = [each["what"], _seconds(ours["cpu"]), _seconds(theirs["cpu"]), f"{each['ratio']:g}", memory, beside]
    return f"| {' | '.join(cells)} |"


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.3g} ms"
