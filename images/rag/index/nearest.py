"""The documents nearest to a question: what a reader of the index is shown, each by its nearest chunk."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from index.condition import Condition
from index.similar import folded
from index.stores import Hit

_CHUNKS = 8  # chunks asked for a document wanted: a long document has several near ones
_MOST = 8192


class Searchable(Protocol):
    """The part of a store that a search needs."""

    def search(self, name: str, vector: np.ndarray, top: int, where: Condition | None = None) -> list[Hit]:
        """Return the `top` nearest, best first."""


def nearest(
    store: Searchable,
    name: str,
    vector: np.ndarray,
    top: int,
    where: Condition | None = None,
    fold: bool = True,
) -> list[Hit]:
    """Return the nearest chunk of each of the `top` nearest documents of a collection or alias, best first.

    Asks on while a few documents have all the chunks.

    Args:
        vector: float32[d].
        top: how many documents.
        where: the condition that the points hold, as in Store.search.
        fold: whether near-duplicates of a better hit are only named in its `similar`, and take no place of their own.
    """
    asked = min(top * _CHUNKS, _MOST)
    while True:
        hits = store.search(name, vector, asked, where)
        by_document: dict[str, Hit] = {}
        for hit in hits:
            by_document.setdefault(hit.payload["document"], hit)
        best = folded(by_document.values()) if fold else list(by_document.values())
        if len(best) >= top or len(hits) < asked or asked >= _MOST:
            return best[:top]
        asked = min(asked * 4, _MOST)
