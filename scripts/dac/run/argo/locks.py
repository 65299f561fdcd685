"""The semaphores and mutexes of a run, as its state sees them; whoever runs it has the locks themselves."""

from __future__ import annotations

from typing import Protocol

from dac.run.argo.node import JSON


class LockError(Exception):
    """A lock that can never be taken: its size is not known."""


class Locks(Protocol):
    """The locks of one run."""

    def acquire(self, namespace: str, holder: str, wanted: JSON | None) -> tuple[bool, str]:
        """Take every lock that is wanted, or none.

        Args:
            namespace: of the run.
            holder: id of the node, or "" for the run itself.
            wanted: the `synchronization` of a template or a spec.

        Returns:
            Whether they were taken; and what is waited for.

        Raises:
            LockError: The size of a semaphore is not known.
        """
        ...

    def own(self) -> bool:
        """Return whether the run itself holds all the locks that it waits for."""
        ...

    def release(self, holder: str) -> None:
        """Release what a holder has."""
        ...

    def release_all(self) -> None:
        """Release everything."""
        ...
