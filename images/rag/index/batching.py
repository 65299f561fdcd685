"""Questions of several askers embedded together: those that wait while a batch is computed are the next one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np
from runtime.errors import TryAgain
from runtime.words import plural

MOST = 32  # questions in a batch
LONGEST = 4096  # characters in one, but for a single question: a few long ones are a batch by themselves
Embed = Callable[[list[str]], np.ndarray]


class Batches:
    """Embeds questions in threads of its own, as many at once as wait.

    A model on a CPU reads its weights once for a batch: eight short questions take little longer than one.

    Args:
        embed: texts -> float32[n, d]; called by one of the threads.
        threads: how many batches are computed at once.
        waiting: questions that may wait; one more is refused, since its asker would only wait longer.
    """

    def __init__(self, embed: Embed, threads: int = 1, waiting: int = 256) -> None:
        self._embed, self._most, self._closed, self._lock = embed, waiting, False, threading.Lock()
        self._questions: queue.SimpleQueue[tuple[str, Future[np.ndarray]] | None] = queue.SimpleQueue()
        self.sizes: list[int] = [0, 0]  # batches, and questions in them
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """How many questions wait for the next batch."""
        return self._questions.qsize()

    def vectors(self, texts: list[str]) -> list[np.ndarray]:
        """Return the questions' vectors, each float32[d].

        Raises:
            TryAgain: too many questions wait already.
        """
        answers: list[Future[np.ndarray]] = [Future() for _ in texts]
        with self._lock:
            if self.waiting and self.waiting + len(texts) > self._most:
                raise TryAgain(f"{plural(self.waiting, 'question')} waiting already; ask again in a second")
            closed = self._closed
            for waits in zip(texts, answers, strict=True) if not closed else ():
                self._questions.put(waits)
        return list(self._embed(texts)) if closed else [answer.result() for answer in answers]

    def close(self) -> None:
        """End the threads once what waits is answered; who asks from now on waits for nobody."""
        with self._lock:
            self._closed = True
            for _ in self._threads:
                self._questions.put(None)

    def _work(self) -> None:
        while (first := self._questions.get()) is not None:
            batch, ends = [first], False
            while len(batch) < MOST and sum(len(text) for text, _ in batch) < LONGEST:
                try:
                    following = self._questions.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    ends = True
                    break
                batch.append(following)
            self._answer(batch)
            if ends:
                return

    def _answer(self, batch: list[tuple[str, Future[np.ndarray]]]) -> None:
        self.sizes[0] += 1
        self.sizes[1] += len(batch)
        try:
            vectors: Any = self._embed([text for text, _ in batch])
        except BaseException as error:  # whoever asked hears it; the thread goes on
            for _, answer in batch:
                answer.set_exception(error)
            return
        for (_, answer), vector in zip(batch, vectors, strict=True):
            answer.set_result(vector)
