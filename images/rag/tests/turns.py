"""Programs that run at once, handing over at every write, as equal choices always make them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

from faults import Fault


class Turns(Fault):
    """Several programs at once, one of them at a time: before each write the next choice says who goes on.

    Threads, but no two ever run together, so that equal choices give equal histories. Each has an environment of its
    own, as processes do.
    """

    def __init__(self, choices: Sequence[int]) -> None:
        self._choices = iter(choices)
        self._baton = threading.Semaphore(0)
        self._waiting: dict[int, threading.Semaphore] = {}
        self._mine = threading.local()
        self._faults: list[BaseException] = []

    def write(self, name: str) -> str:
        if (gate := getattr(self._mine, "gate", None)) is not None:
            kept = dict(os.environ)
            self._baton.release()
            gate.acquire()
            os.environ.clear()
            os.environ.update(kept)
        return ""

    def run(self, *programs: Callable[[], Any]) -> None:
        """Run them all to their ends, as the choices say and in turn once those are used up."""
        kept = dict(os.environ)
        threads = []
        for number, program in enumerate(programs):
            self._waiting[number] = threading.Semaphore(0)
            threads.append(threading.Thread(target=self._run, args=(number, program), daemon=True))
            threads[-1].start()
        while self._waiting:
            left = sorted(self._waiting)
            self._waiting[left[next(self._choices, 0) % len(left)]].release()
            self._baton.acquire()
        for thread in threads:
            thread.join()
        os.environ.clear()
        os.environ.update(kept)
        if self._faults:
            raise self._faults[0]

    def _run(self, number: int, program: Callable[[], Any]) -> None:
        self._mine.gate = self._waiting[number]
        self._mine.gate.acquire()
        try:
            program()
        except BaseException as error:
            self._faults.append(error)
        finally:
            del self._waiting[number]
            self._baton.release()
