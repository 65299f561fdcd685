"""What came of a sweep, for people to read."""

from collections import Counter
from collections.abc import Sequence

from runtime.retention.item import CHECKPOINTS, MODEL, PIPELINE, RUN, Decision, Item

DELETED, FAILED, DUE, STAYS = "deleted", "failed", "due", "kept"


def table(results: Sequence[tuple[Decision, str]]) -> list[str]:
    """Return lines for people: what is due or was deleted with its reason, and how much of each class stays."""
    shown = [(o, d.item.kind, _size(d.item.size), d.item.address, d.why) for d, o in results if o != STAYS]
    widths = [max((len(row[i]) for row in shown), default=0) for i in range(4)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, [*widths, 0], strict=True)).rstrip() for row in shown
    ]
    stays = Counter(d.item.kind for d, outcome in results if outcome == STAYS)
    return [*lines, *(f"kept: {count} {kind}" for kind, count in sorted(stays.items()))]


def _size(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def freed(items: Sequence[Item]) -> int:
    """Return the bytes of items of which some lie within others: checkpoints of a run, weights of a pipeline."""
    runs = {item.address for item in items if item.kind == RUN}
    whole = {(item.project, item.pipeline) for item in items if item.kind == PIPELINE}

    def lies_within(item: Item) -> bool:
        in_run = item.kind == CHECKPOINTS and item.address.rpartition("/")[0] in runs
        return in_run or (item.kind == MODEL and (item.project, item.pipeline) in whole)

    return sum(item.size for item in items if not lies_within(item))
