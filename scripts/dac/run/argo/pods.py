"""What a run asks of whoever starts its pods, and what it is given in return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dac.run.argo.node import JSON


@dataclass(frozen=True, slots=True)
class PodRequest:
    """A pod to start.

    Attributes:
        node: id of its node.
        template: the template with every tag replaced.
        include_output: whether something refers to its standard output.
        seconds: how long it may run; None without a limit.
        on_exit: whether it belongs to an exit handler, which a stopped run still executes.
    """

    node: str
    template: JSON
    include_output: bool
    seconds: float | None
    on_exit: bool


@dataclass(frozen=True, slots=True)
class PodResult:
    """How a pod ended.

    Attributes:
        node: id of its node.
        phase, message, outputs: what its node gets.
        containers: the phase and message of each container of a set, whose nodes are below.
        dry_run: what a cluster was to be asked and was not.
    """

    node: str
    phase: str
    message: str
    outputs: JSON | None
    containers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    dry_run: str = ""
