"""Semaphores and mutexes, across templates and across runs that go on at the same time (workflow/sync).

A lock of n places is n files in the state folder; a holder has one of them locked (flock) while it holds the place, so
that a run which dies releases all that it held.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from dac.run.argo.locks import LockError
from dac.run.argo.node import JSON


class FileLocks:
    """The locks of one run.

    Args:
        folder: where the files of all runs' locks are.
        limit: the size of a semaphore by namespace, ConfigMap and key; None where there is none.
    """

    def __init__(self, folder: Path, limit: Callable[[str, str, str], str | None]) -> None:
        self.folder = folder
        self.limit = limit
        self.held: dict[str, dict[str, int]] = {}  # holder -> lock name -> file descriptor
        self.refused: dict[str, tuple[str, int]] = {}  # who waits -> the lock without a free place, and its size

    def acquire(self, namespace: str, holder: str, wanted: JSON | None) -> tuple[bool, str]:
        """Take every lock that is wanted, or none; as `Locks.acquire`.

        Raises:
            LockError: A semaphore's size is missing or not a number.
        """
        names = self._names(namespace, wanted or {})
        if not names or holder in self.held:
            return True, ""
        taken: dict[str, int] = {}
        for name, size in names.items():
            place = self._place(name, size)
            if place is None:
                for descriptor in taken.values():
                    os.close(descriptor)
                self.refused[holder] = name, size
                return False, f"Waiting for {name} lock. Lock status: 0/{size}"
            taken[name] = place
        self.held[holder] = taken
        self.refused.pop(holder, None)
        return True, ""

    def own(self) -> bool:
        """Return whether the run itself holds every place of each lock that it waits for."""
        return all(sum(name in own for own in self.held.values()) == size for name, size in self.refused.values())

    def release(self, holder: str) -> None:
        """Release what a holder has; it waits for nothing any more."""
        self.refused.pop(holder, None)
        for descriptor in self.held.pop(holder, {}).values():
            os.close(descriptor)

    def release_all(self) -> None:
        """Release everything."""
        for holder in list(self.held):
            self.release(holder)

    def _names(self, namespace: str, wanted: JSON) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for mutex in wanted.get("mutexes", []):
            sizes[f"{mutex.get('namespace') or namespace}/Mutex/{mutex.get('name', '')}"] = 1
        for semaphore in wanted.get("semaphores", []):
            reference, where = semaphore.get("configMapKeyRef", {}), semaphore.get("namespace") or namespace
            name, key = reference.get("name", ""), reference.get("key", "")
            size = self.limit(where, name, key)
            place = f"{where}/ConfigMap/{name}/{key}"
            # The message is Argo's: a semaphore's size is 0 there if the key is missing, is not a number, or is 0.
            if size is None or not re.fullmatch(r"[+-]?\d+", size) or not int(size):
                raise LockError(f"failed to initialize semaphore {place} with limit")
            sizes[place] = int(size)
        return sizes

    def _place(self, name: str, size: int) -> int | None:
        """Return the descriptor of a free place, or None."""
        folder = self.folder / quote(name, safe="")
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(size):
            descriptor = os.open(folder / str(index), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(descriptor)
                continue
            return descriptor
        return None
