"""Semaphores and mutexes, across templates and across runs that go on at the same time (workflow/sync).

A lock of n places is n files in the state folder; a holder has one of them locked (flock) for as long as it holds the
place, so that a run which dies lets go of all it held.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from dac.run.argo.node import JSON
from dac.run.argo.state import LockError


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

    def acquire(self, namespace: str, holder: str, wanted: JSON | None) -> tuple[bool, str]:
        """Takes every lock that is wanted, or none; and what is waited for.

        Args:
            holder: id of the node, or "" for the run itself.

        Raises:
            LockError: a semaphore's size is missing or no number.
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
                return False, f"Waiting for {name} lock. Lock status: 0/{size}"
            taken[name] = place
        self.held[holder] = taken
        return True, ""

    def release(self, holder: str) -> None:
        """Lets go of what a holder has."""
        for descriptor in self.held.pop(holder, {}).values():
            os.close(descriptor)

    def release_all(self) -> None:
        for holder in list(self.held):
            self.release(holder)

    def _names(self, namespace: str, wanted: JSON) -> dict[str, int]:
        found: dict[str, int] = {}
        for mutex in wanted.get("mutexes", []):
            found[f"{mutex.get('namespace') or namespace}/Mutex/{mutex.get('name', '')}"] = 1
        for semaphore in wanted.get("semaphores", []):
            reference, where = semaphore.get("configMapKeyRef", {}), semaphore.get("namespace") or namespace
            name, key = reference.get("name", ""), reference.get("key", "")
            size = self.limit(where, name, key)
            place = f"{where}/ConfigMap/{name}/{key}"
            # Argo says no more: its semaphore's size is 0 where the key is missing, is not a number, or says so.
            if size is None or not re.fullmatch(r"[+-]?\d+", size) or not int(size):
                raise LockError(f"failed to initialize semaphore {place} with limit")
            found[place] = int(size)
        return found

    def _place(self, name: str, size: int) -> int | None:
        """The descriptor of a free place, or None."""
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
