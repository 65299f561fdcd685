"""The contract of dataset/card.json: counts of what a run trained on, with a histogram of the lengths beside it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from runtime import contract, objects

from trainer import charts, rows

# Characters of a row, as bounds of the histogram's bars.
EDGES = (0, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 2**31)


@dataclass(slots=True)
class Counts:
    """What prepare counts while rows stream by."""

    read: int = 0
    bad_rows: int = 0
    duplicates: int = 0
    in_suite: int = 0  # left out, since the pinned suite asks them
    grouped: bool = False  # whether rows have a group
    on_both_sides: int = 0  # held-out rows that are left out, since a row of another group asks the same
    near: int = 0  # questions of the checkpoints' suite that are nearly a row to train on
    compared: int = 0  # questions of which that was asked
    ignored: Counter[str] = field(default_factory=Counter)  # rows of each column that is not read
    mapped: Counter[str] = field(default_factory=Counter)  # rows of each layout of other tools
    train: int = 0
    held_out: int = 0
    characters: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    lengths: list[int] = field(default_factory=lambda: [0] * (len(EDGES) - 1))

    def add(self, row: dict[str, Any], held_out: bool) -> None:
        """Count a valid row."""
        length = rows.characters(row)
        self.train += not held_out
        self.held_out += held_out
        self.grouped |= "group" in row
        self.characters += length
        self.kinds[rows.kind(row)] += 1
        self.languages[row.get("language", "unknown")] += 1
        self.lengths[next(i for i, edge in enumerate(EDGES[1:]) if length < edge)] += 1


def write(root: str, uri: str, sha256: str, held_out_share: float, counts: Counts) -> dict[str, Any]:
    """Write card.json and lengths.svg to <root>/dataset, and return the card.

    Args:
        root: the run's own prefix.
        uri: the dataset's address.
        sha256: its pinned digest.
        held_out_share: share of the rows kept for evaluation, 0 to 1.
        counts: of its rows.
    """
    card = {
        "uri": uri, "sha256": sha256, "held_out_share": held_out_share,
        "rows": {
            "read": counts.read, "bad": counts.bad_rows, "duplicates": counts.duplicates,
            "train": counts.train, "held_out": counts.held_out, "in_suite": counts.in_suite,
            "near_duplicates": counts.near, "on_both_sides": counts.on_both_sides,
        },
        "kinds": dict(counts.kinds), "languages": dict(counts.languages), "characters": counts.characters,
        "lengths": {"edges": list(EDGES), "counts": counts.lengths},
    }  # fmt: skip
    bars = max((i for i, count in enumerate(counts.lengths) if count), default=0) + 1
    edges = [*EDGES[:bars], EDGES[bars - 1] * 2 or 16]
    svg = charts.histogram("Rows by length", "characters in a row", edges, counts.lengths[:bars])
    objects.write(f"{root}/dataset/lengths.svg", svg.encode())
    return contract.write("card", f"{root}/dataset/card.json", card)


def read(root: str) -> dict[str, Any]:
    """Return the card of a run.

    Raises:
        InputError: it is missing, or not a card of this version.
    """
    return contract.read("card", f"{root}/dataset/card.json")
