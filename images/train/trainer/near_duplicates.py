"""Questions that are nearly asked by a row to train on: most of their phrases occur there.

A phrase is eight words in a row, as in the checks for contamination of GPT-3 and its successors; a shorter question is
one phrase, which a longer one can hold, such as `Question: ...`. Scripts that write no spaces are compared by
characters. What is alike but for case, blanks and punctuation is the same; the split has already put equal questions on
one side.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from trainer import data_card, rows

WORDS = 8
LEAST = 4  # words of a question that is looked for within others; a shorter one is compared whole
SHARE = 0.8  # of a held-out row's phrases
MOST_ASKED = 1_000  # questions that are looked for
UNSPACED = re.compile("([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])")
MOST_TRAINED = 200_000  # rows to train on that are looked through


def words_of(question: str) -> list[str]:
    """Return a question's words; the characters of a script that writes no spaces."""
    return UNSPACED.sub(r" \1 ", question).split()


def _first(path: Path, most: int) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:
        for _, line in zip(range(most), stream, strict=False):
            yield orjson.loads(line)


def count(trained: Path, held_out: Path | Iterable[str], counts: data_card.Counts) -> None:
    """Count in `counts` how many of the questions that checkpoints are scored on are nearly a row to train on.

    Args:
        trained: the side of the split that is trained on, JSON lines.
        held_out: the other one; or the questions of the suite that is asked instead, as rows.question makes them alike.
        counts: gets `near` and `compared`.
    """
    if isinstance(held_out, Path):
        held_out = map(rows.question, _first(held_out, MOST_ASKED))
    sizes: dict[str, set[int]] = defaultdict(set)  # of the phrases that begin with a word
    asked = []
    for words in map(words_of, islice(held_out, MOST_ASKED)):
        starts = range(max(1, len(words) - WORDS + 1))
        asked.append({hash(tuple(words[start : start + WORDS])) for start in starts})
        for start in starts if words else ():
            sizes[words[start]].add(min(WORDS, len(words)))
    sought = set().union(*asked)
    seen: set[int] = set()
    for words in (words_of(rows.question(value)) for value in _first(trained, MOST_TRAINED)):
        for start, first in enumerate(words):
            for size in sizes.get(first, ()):
                phrase = hash(tuple(words[start : start + size]))
                if phrase in sought and (size >= LEAST or size == len(words)):
                    seen.add(phrase)
    counts.compared = len(asked)
    counts.near = sum(len(each & seen) >= SHARE * len(each) for each in asked)
