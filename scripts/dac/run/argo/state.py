"""The state of a run: its nodes, its names, its locks, and the pods that are asked for.

Everything that moves a run on reads and changes this; it knows none of them (`wfOperationCtx` of
workflow/controller/operator.go, less its methods).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from dac.run.argo.arguments import ConfigMaps
from dac.run.argo.expression import Expressions
from dac.run.argo.library import Base, Library
from dac.run.argo.node import JSON, Node, Nodes, fnv32a
from dac.run.argo.tags import Tags


class LockError(Exception):
    """A lock that can never be taken: its size is not known."""


class Locks(Protocol):
    """The semaphores and mutexes of one run; whoever runs it has them."""

    def acquire(self, namespace: str, holder: str, wanted: JSON | None) -> tuple[bool, str]:
        """Take every lock that is wanted, or none; and what is waited for.

        Raises:
            LockError: the size of a semaphore is not known.
        """
        ...

    def release(self, holder: str) -> None:
        """Release what a holder has."""
        ...

    def release_all(self) -> None:
        """Release everything."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """How a template is executed.

    Attributes:
        boundary: id of the DAG or steps node around it.
        on_exit: as part of an exit handler.
        hooked, retried: flags of the node that is made.
        deadline: by when a pod must end, from a retry strategy's maxDuration.
    """

    boundary: str = ""
    on_exit: bool = False
    hooked: bool = False
    retried: bool = False
    deadline: datetime | None = None


class Execute(Protocol):
    """Executes what a task, step or hook refers to; see `execution.execute`."""

    def __call__(
        self, op: RunState, name: str, holder: JSON, base: Base, given: JSON, options: Options
    ) -> Node | None: ...


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
    """What became of a pod: the phase, message and outputs that its node gets."""

    node: str
    phase: str
    message: str
    outputs: JSON | None


@dataclass(slots=True)
class Identity:
    """Who the run is: what `{{workflow.name}}` and its like stand for."""

    name: str
    namespace: str
    uid: str
    created: datetime
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


class RunState:
    """One run.

    Attributes:
        spec: the workflow's spec, with its template's merged in.
        nodes: every node so far.
        expressions, tags: the run's own, since each expression is parsed once in a run.
        globals: what a tag can name anywhere.
        outputs: parameters and artifacts that were given a global name.
        wanted: pods to start since the last look.
        phase, message: of the run as a whole; the phase is empty before the first look.
        wake: the earliest time at which a look is needed though nothing came in.
        shutdown: "" or "Stop": only exit handlers run on.
    """

    def __init__(
        self,
        identity: Identity,
        spec: JSON,
        library: Library,
        locks: Locks,
        configmaps: ConfigMaps,
        clock: Callable[[], datetime],
        execute: Execute,
    ) -> None:
        self.identity = identity
        self.spec = spec
        self.library = library
        self.locks = locks
        self.configmaps = configmaps
        self.clock = clock
        self._execute = execute
        self.expressions = Expressions()
        self.tags = Tags(self.expressions)
        self.nodes = Nodes(identity.name)
        self.base: Base = library.local(spec)
        self.resolved: dict[str, tuple[Base, JSON]] = {}  # node id -> the template as found, and where
        self.expanded: dict[str, tuple[str, list[JSON]]] = {}  # node name -> the loop's text and its tasks
        self.globals: dict[str, str] = {}
        self.outputs: JSON = {}
        self.wanted: list[PodRequest] = []
        self.phase = self.message = ""
        self.started: datetime | None = None
        self.finished: datetime | None = None
        self.wake: datetime | None = None
        self.shutdown = ""
        self.depth = 0

    def now(self) -> datetime:
        """The time, in whole seconds as Argo keeps it."""
        return self.clock().replace(microsecond=0)

    def wake_at(self, moment: datetime) -> None:
        self.wake = moment if self.wake is None else min(self.wake, moment)

    @property
    def deadline(self) -> datetime | None:
        seconds = self.spec.get("activeDeadlineSeconds")
        return self.started + timedelta(seconds=seconds) if seconds is not None and self.started else None

    def late(self) -> bool:
        return self.deadline is not None and self.clock() > self.deadline

    def runs(self, on_exit: bool) -> bool:
        """Whether a shutdown leaves room for this pod."""
        return not self.shutdown or (self.shutdown == "Stop" and on_exit)

    # -- nodes

    def add(
        self,
        name: str,
        kind: str,
        holder: JSON,
        boundary: str,
        phase: str,
        message: str = "",
        *,
        hooked: bool = False,
        retried: bool = False,
        inputs: JSON | None = None,
    ) -> Node:
        """Initialises a node."""
        now = self.now()
        return self.nodes.add(
            Node(
                id=self.nodes.id(name),
                name=name,
                display=self.nodes.display(name, boundary),
                type=kind,
                template=holder.get("template", ""),
                boundary=boundary,
                phase=phase,
                started=now,
                message=message,
                finished=now if phase not in ("Pending", "Running") else None,
                hooked=hooked,
                retried=retried,
                inputs=copy.deepcopy(inputs) if inputs else None,
            )
        )

    def mark(self, node: Node, phase: str, message: str | None = None) -> Node:
        """Sets a node's phase, and its message where one is given."""
        node.phase = phase
        if message is not None:
            node.message = message
        if node.fulfilled and node.finished is None:
            node.finished = self.now()
        return node

    def publish(self, outputs: JSON | None) -> None:
        """Gives the outputs that have a global name to the whole run (addOutputsToGlobalScope)."""
        for parameter in (outputs or {}).get("parameters", []):
            if name := parameter.get("globalName"):
                if "value" in parameter:
                    self.globals[f"workflow.outputs.parameters.{name}"] = parameter["value"]
                self._publish("parameters", {**parameter, "name": name}, ("globalName",))
        for artifact in (outputs or {}).get("artifacts", []):
            if name := artifact.get("globalName"):
                self._publish("artifacts", {**artifact, "name": name}, ("globalName", "path"))

    def _publish(self, kind: str, item: JSON, without: tuple[str, ...]) -> None:
        item = {key: value for key, value in item.items() if key not in without}
        others = [other for other in self.outputs.get(kind, []) if other["name"] != item["name"]]
        self.outputs[kind] = [*others, item]

    # -- templates

    def execute(self, name: str, holder: JSON, base: Base, given: JSON, options: Options) -> Node | None:
        """Execute what a task, step or hook refers to, as far as it can go now; see `execution.execute`."""
        return self._execute(self, name, holder, base, given, options)

    def pod_name(self, node_name: str, template_name: str) -> str:
        """Return the name that a node's pod would have (workflow/util/pod_name.go)."""
        if node_name == self.identity.name:
            return node_name
        prefix = f"{self.identity.name}-{template_name}" if template_name else self.identity.name
        return f"{prefix[:242]}-{fnv32a(node_name)}"

    def retry_strategy(self, template: JSON) -> JSON | None:
        """Return the template's own retry strategy, or else the run's."""
        found: JSON | None = template.get("retryStrategy", self.spec.get("retryStrategy"))
        return found
