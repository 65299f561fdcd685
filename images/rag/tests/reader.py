"""A reader of an index, in a process of its own: asks without a pause and tells every whole answer that it was given.

    python reader.py URL FACTS ALIAS DIMENSION STOP

Asks the alias for more points than there are, says `asking` after the first answer, and goes on until the file STOP
exists; then prints, as JSON, the answers in the order in which they changed, each as {"ids": a digest of the points'
sorted ids, "points": how many, "times": how often in a row}, or {"fault": what went wrong, "times"}.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

MOST = 400  # points asked for; the indexes of the tests are smaller


def digest(ids: Iterable[str]) -> str:
    """Names a set of points."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:12]


class Reader:
    """Gathers a store's answers."""

    def __init__(self, store: Any, alias: str, dimension: int) -> None:
        self.store, self.alias = store, alias
        self.question = np.full(dimension, dimension**-0.5, np.float32)
        self.answers: list[dict[str, Any]] = []

    def ask(self) -> None:
        """Ask once."""
        try:
            ids = [hit.id for hit in self.store.search(self.alias, self.question, MOST)]
            answer = {"ids": digest(ids), "points": len(ids)}
        except Exception as error:
            answer = {"fault": f"{type(error).__name__}: {error}"}
        if self.answers and {**self.answers[-1], "times": 0} == {**answer, "times": 0}:
            self.answers[-1]["times"] += 1
        else:
            self.answers.append({**answer, "times": 1})

    def ask_on(self, stop: Callable[[], bool]) -> None:
        """Ask until told to stop."""
        while not stop():
            self.ask()


if __name__ == "__main__":
    sys.path[:0] = [str(folder) for folder in Path(__file__).resolve().parents[1:3]]  # as PYTHONPATH has them
    from index import stores

    url, facts, alias, dimension, stop = sys.argv[1:]
    reader = Reader(stores.open_store(url, json.loads(facts)), alias, int(dimension))
    reader.ask()
    print("asking", flush=True)
    reader.ask_on(Path(stop).exists)
    print(json.dumps(reader.answers))
