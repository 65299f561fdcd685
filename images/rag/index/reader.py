"""A pipeline's live index as many ask it at once, followed from version to version while it answers."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
from collections.abc import Iterator
from typing import Any

from runtime import log, settings
from runtime.errors import InputError, TryAgain
from runtime.settings import Run

from index import live
from index.batching import Batches
from index.nearest import nearest
from index.stores import Hit

_AT_ONCE = 16  # searches of a store's server; an embedded one takes one at a time


class Reader:
    """Answers questions of the live index.

    Args:
        index: the opened index (search.Index).
        follows: whether later versions are asked once readers have them, or this one to the end.

    Attributes:
        index: what is asked at present.
        switches: how often another version has become live.
    """

    def __init__(self, index: Any, follows: bool = False) -> None:
        self.index, self.switches, self._follows = index, 0, follows
        embedded = settings.text("STORE_URL", "").startswith("file://")
        self._searching = threading.BoundedSemaphore(1 if embedded else _AT_ONCE)
        self._opening, self._pair = threading.Lock(), threading.Lock()  # an index is asked with its own model's vectors
        self.batches = self._batches(index)

    def answers(
        self, questions: list[str], top: int, filters: list[str], fold: bool = False
    ) -> tuple[Any, list[list[Hit]], list[str]]:
        """Return the index that answered, each question's nearest documents, and what must be known of the filters.

        A collection that was dropped since is not the live one any more: the one that is, is asked.

        Raises:
            InputError: a filter or a question cannot be asked.
            TryAgain: too many questions wait.
        """
        try:
            return self._answers(questions, top, filters, fold)
        except (InputError, TryAgain):
            raise
        except Exception:
            if not self.follow():
                raise
            return self._answers(questions, top, filters, fold)

    def _answers(
        self, questions: list[str], top: int, filters: list[str], fold: bool
    ) -> tuple[Any, list[list[Hit]], list[str]]:
        with self._pair:
            index, batches = self.index, self.batches
        for question in questions:
            index.check(question)
        meant = index.meaning(filters)
        hits = []
        for vector in batches.vectors(questions):
            with self._searching:
                hits.append(nearest(index.store, index.collection, vector, top, meant.condition, fold))
        return index, hits, meant.notes

    def follow(self) -> bool:
        """Ask what readers see now, and open it where it is another; return whether it is."""
        if not self._follows:
            return False
        with self._opening:
            former = self.index
            with self._searching:
                name = live.collection(former.store, former.run)
            if name is None or name == former.collection:
                return False
            with self._searching:
                index = former.following()
            same = index.embedder is former.embedder
            batches = self.batches if same else self._batches(index)
            with self._pair:
                (self.index, self.batches), ended = (index, batches), self.batches
            if not same:
                ended.close()
            self.switches += 1
        log.info("switched", f"{index.name} is live, and asked from now on")
        return True

    def follow_always(self, seconds: float, ended: threading.Event) -> None:
        """Follow the live index until `ended` is set; a store that does not answer is asked again."""
        while not ended.wait(seconds):
            try:
                self.follow()
            except Exception as error:  # the version that was live is asked on
                log.warning("not_followed", f"which version is live is not known: {error}")

    def close(self) -> None:
        """Close the store."""
        self.index.close()

    @staticmethod
    def _batches(index: Any) -> Batches:
        return Batches(index.embedder.questions, max(1, len(os.sched_getaffinity(0))))


@contextlib.contextmanager
def followed(reader: Reader, seconds: float) -> Iterator[None]:
    """Follow the live index in a thread, within the block."""
    ended = threading.Event()
    thread = threading.Thread(target=reader.follow_always, args=(seconds, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()


def of_pipeline(pipeline: str) -> Run:
    """Return the run's settings for another pipeline of the project."""
    return dataclasses.replace(settings.run(), pipeline=pipeline)
