"""How executing a template ends without a node that is under way (the errors of workflow/controller/operator.go)."""

from __future__ import annotations

from dac.run.argo.node import Node


class Stopped(Exception):
    """A template was not executed.

    Attributes:
        node: its node, where it has one.
    """

    def __init__(self, message: str, node: Node | None = None) -> None:
        super().__init__(message)
        self.node = node


class ParallelismReached(Stopped):
    """As many as may run at once do; it is tried again later."""


class TooDeep(Stopped):
    """Templates call each other a hundred deep."""


class TimedOut(Stopped):
    """It waited for longer than its timeout."""


class Requeued(Exception):
    """Something that it refers to is not there yet; it is tried again later."""


class Panicked(Exception):
    """The controller panics here, recovers, and ends the run in Error with this message."""
