"""Hits that say the same: a better one stands for them, so that copies of a page do not fill the answers.

Two texts are near-duplicates where they share most of their runs of three words (of five characters in scripts without
spaces). Only texts that share one of their few smallest hashes are compared, so that a thousand hits cost milliseconds.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import replace

from index.stores import Hit

ALIKE = 0.8  # share of the runs of words that two texts have in common, of all that either has
_SKETCH = 8  # smallest hashes: at such a share, one text in 400,000 has none in common with its near-duplicate
_WORD = re.compile(r"\w+")
_RUN, _CHARACTERS = 3, 5
_LONG_WORD = 10  # characters of a mean word; beyond it the script has no spaces


def folded(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits, best first, each near-duplicate of a better one only named in its `similar`."""
    kept: list[Hit] = []
    shingles: list[frozenset[int]] = []
    by_hash: dict[int, list[int]] = {}
    for hit in hits:
        own = _shingles(f"{hit.payload.get('text') or ''}")
        sketch = sorted(own)[:_SKETCH]
        candidates = sorted({place for value in sketch for place in by_hash.get(value, ())})
        like = next((place for place in candidates if _alike(own, shingles[place])), None)
        if like is not None:
            better = kept[like]
            kept[like] = replace(better, similar=(*better.similar, hit.payload["document"]))
            continue
        for value in sketch:
            by_hash.setdefault(value, []).append(len(kept))
        kept.append(hit)
        shingles.append(own)
    return kept


def _alike(first: frozenset[int], second: frozenset[int]) -> bool:
    common = len(first & second)
    return common >= ALIKE * (len(first) + len(second) - common)


def _shingles(text: str) -> frozenset[int]:
    """Return the hashes of a text's runs of words; none for a text of a few words, which many documents share."""
    words = _WORD.findall(text.casefold())
    run, parts = _RUN, words
    if words and sum(map(len, words)) > _LONG_WORD * len(words):
        run, parts = _CHARACTERS, list("".join(words))
    if len(parts) < 3 * run:
        return frozenset()
    runs = ("\0".join(parts[place : place + run]) for place in range(len(parts) - run + 1))
    return frozenset(zlib.crc32(each.encode()) for each in runs)
