"""A node of a run, as Argo's (pkg/apis/workflow/v1alpha1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

JSON = dict[str, Any]
COMPLETED = {"Succeeded", "Failed", "Error"}
_SHOWN = {"phase", "message", "daemoned", "pod"}


def fnv32a(text: str) -> int:
    """Return the 32-bit FNV-1a hash that ends the names of nodes and pods."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


class Watch(Protocol):
    """Sees how far a node came, before and after it is set."""

    def before(self, node: Node) -> None:
        """See it before."""
        ...

    def after(self, node: Node) -> None:
        """See it after."""
        ...


@dataclass(slots=True)
class Node:
    """One node of the run's tree.

    Attributes:
        type: Pod, Container, HTTP, DAG, Steps, StepGroup, TaskGroup, Retry, Skipped or Suspend.
        template: the template's name; empty for one that is written in place.
        boundary: id of the DAG or steps node that it belongs to.
        outputs: parameters, artifacts, result, exitCode, in the shape of Argo's own status.
        waiting: name of the lock that it waits for.
        pod: whether a process was started for it.
        dry_run: what a cluster was to be asked and was not; empty of a node that does all it says.
        memo: the cache and the key that its outputs are saved under; None where its template is not memoized.
        watch: sees each change of its phase, its message and what else shows how far it came.
    """

    id: str
    name: str
    display: str
    type: str
    template: str
    boundary: str
    phase: str
    started: datetime
    finished: datetime | None = None
    message: str = ""
    inputs: JSON | None = None
    outputs: JSON | None = None
    children: list[str] = field(default_factory=list)
    outbound: list[str] = field(default_factory=list)
    hooked: bool = False
    retried: bool = False
    daemoned: bool = False
    ip: str = ""
    waiting: str = ""
    pod: bool = False
    dry_run: str = ""
    memo: tuple[str, str] | None = None
    watch: Watch | None = field(default=None, repr=False, compare=False)

    def __setattr__(self, name: str, value: object) -> None:
        watch: Watch | None = getattr(self, "watch", None) if name in _SHOWN else None
        if watch is not None:
            watch.before(self)
        object.__setattr__(self, name, value)
        if watch is not None:
            watch.after(self)

    @property
    def progress(self) -> tuple[object, ...]:
        """How far it came."""
        return self.phase, self.daemoned, self.pod, len(self.children)

    @property
    def settled(self) -> bool:
        """Whether it is done for good: completed, skipped or omitted."""
        return self.phase in COMPLETED or self.phase in ("Skipped", "Omitted")

    @property
    def fulfilled(self) -> bool:
        """Whether what depends on it may go on: it is settled, or a daemon that is up."""
        return self.settled or (self.daemoned and self.phase != "Pending")

    @property
    def completed(self) -> bool:
        """Whether it ran and ended."""
        return self.phase in COMPLETED

    @property
    def unsuccessful(self) -> bool:
        """Whether it ended, and not well."""
        return self.phase in ("Failed", "Error")

    @property
    def seconds(self) -> int:
        """How long it took, in whole seconds as Argo's times are kept."""
        return int((self.finished - self.started).total_seconds()) if self.finished else 0
