"""Held-out rows that are nearly a row to train on: most of their phrases occur there.

A phrase is eight words in a row, as in the checks for contamination of GPT-3 and its successors; a shorter row is one
phrase. What is alike but for case, blanks and punctuation is compared; the split has already put equal questions on one
side.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from trainer import data_card, rows

WORDS = 8
SHARE = 0.8  # of a held-out row's phrases
MOST_HELD_OUT = 1_000  # held-out rows that are looked for
MOST_TRAINED = 200_000  # rows to train on that are looked through


def phrases(value: dict[str, Any]) -> set[int]:
    """Return the hashes of a row's phrases."""
    words = rows.question(value).split()
    return {hash(tuple(words[start : start + WORDS])) for start in range(max(1, len(words) - WORDS + 1))}


def _first(path: Path, most: int) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:
        for _, line in zip(range(most), stream, strict=False):
            yield orjson.loads(line)


def count(trained: Path, held_out: Path, counts: data_card.Counts) -> None:
    """Count in `counts` how many held-out rows are nearly a row to train on.

    Args:
        trained, held_out: the two sides of the split, JSON lines.
        counts: gets `near` and `compared`.
    """
    asked = [phrases(value) for value in _first(held_out, MOST_HELD_OUT)]
    sought = set().union(*asked)
    seen: set[int] = set()
    for value in _first(trained, MOST_TRAINED):
        seen |= phrases(value) & sought
    counts.compared = len(asked)
    counts.near = sum(len(each & seen) >= SHARE * len(each) for each in asked)
