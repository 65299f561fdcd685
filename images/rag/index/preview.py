"""The live collection as a run is about to leave it, searched before anything is written.

What readers see of the documents that the run changes or removes is left out of the store's answers, and the run's own
records are searched in their place, exactly. Of those the document alone is known and not the text, so that their
near-duplicates keep places of their own here: the preview is stricter than the search. Nothing is written for it: a
second collection would cost each night what the whole index costs, and a flag on each point is a filter that every
reader must know of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np

from index.condition import Condition
from index.stores import Hit, Store

_MOST = 8192  # hits that a store is asked for at once; Milvus gives 16,384 at most


class Preview:
    """Searches as `stores.Store.search` does.

    Args:
        store: the pipeline's store.
        collection: the live one.
        replaced: ids of the documents whose points in it are about to change or go.
        questions: the vectors that will be searched for, float32[n, d].
        facts: the catalog's of the store: its engine and distance.
    """

    def __init__(
        self, store: Store, collection: str, replaced: Collection[str], questions: np.ndarray, facts: Mapping[str, Any]
    ) -> None:
        self.store, self.collection, self.replaced = store, collection, frozenset(replaced)
        self.questions, self.distance = questions, facts.get("distance", "cosine")
        # Qdrant gives distances, the other engines their squares.
        self._rooted = facts["engine"] == "qdrant" and self.distance == "euclid"
        self._best: dict[str, np.ndarray] = {}  # document -> its nearest point's score for each question

    def add(self, vectors: np.ndarray, payloads: Iterable[Mapping[str, Any]]) -> None:
        """Add points that the run is about to write; `vectors` is float32[n, d]."""
        scores = _scores(vectors, self.questions, self.distance)
        for payload, row in zip(payloads, scores, strict=True):
            name = payload["document"]
            self._best[name] = np.maximum(self._best[name], row) if name in self._best else row

    def search(self, name: str, vector: np.ndarray, top: int, where: Condition | None = None) -> list[Hit]:
        """Return the nearest points, best first, of each new document the nearest alone; `name` and `where` are unused.

        The store's hits of replaced documents are skipped: it is asked on while they hide the others.
        """
        (question,) = np.flatnonzero((self.questions == vector).all(axis=1))[:1]
        asked = min(top, _MOST)
        while True:
            hits = self.store.search(self.collection, vector, asked)
            left = [hit for hit in hits if hit.payload["document"] not in self.replaced]
            if len(left) >= top or len(hits) < asked or asked >= _MOST:
                break
            asked = min(asked * 4, _MOST)
        if self._rooted:
            left = [Hit(hit.id, -(hit.score**2), hit.payload) for hit in left]
        new = [Hit("", float(scores[question]), {"document": each}) for each, scores in self._best.items()]
        return sorted([*left, *new], key=lambda hit: -hit.score)[:top]


def _scores(vectors: np.ndarray, questions: np.ndarray, distance: str) -> np.ndarray:
    """Return how near each vector is to each question as the stores score it, float32[vectors, questions]."""
    if distance == "cosine":
        vectors, questions = (
            each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-12) for each in (vectors, questions)
        )
    products: np.ndarray = vectors @ questions.T
    if distance == "euclid":
        squares = (vectors**2).sum(1)[:, None] + (questions**2).sum(1)[None] - 2 * products
        return -squares
    return products
