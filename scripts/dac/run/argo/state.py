"""The state of a run: its nodes, its names, its locks, and the pods that it asks for.

Everything that moves a run on reads and changes this; it imports none of them (`wfOperationCtx` of
workflow/controller/operator.go, less its methods).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from dac.run.argo.answers import Answers
from dac.run.argo.arguments import ConfigMaps
from dac.run.argo.expression import Expressions
from dac.run.argo.fanout import Loops
from dac.run.argo.library import Base, Library
from dac.run.argo.locks import Locks
from dac.run.argo.memoize import Entry, Memory, NoMemory
from dac.run.argo.node import JSON, Node, fnv32a
from dac.run.argo.nodes import Nodes
from dac.run.argo.pods import PodRequest
from dac.run.argo.tags import Tags


@dataclass(slots=True)
class Over:
    """The first groups of a steps node, of which nothing can change any more.

    Attributes:
        groups: how many.
        values: what their steps gave to the scope of those that follow.
    """

    groups: int = 0
    values: dict[str, Any] = field(default_factory=dict)


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

    def __call__(self, op: RunState, name: str, holder: JSON, base: Base, given: JSON, options: Options) -> Node | None:
        """As `execution.execute`."""
        ...


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
        expressions, tags, loops: the run's own, since each expression is parsed once, and each loop expanded once.
        answers: what people give the templates that wait for them.
        memory: the caches of memoized templates.
        globals: what a tag can name anywhere.
        outputs: parameters and artifacts that were given a global name.
        wanted: pods to start since the last reconciliation.
        ended: nodes whose pods are to be ended since the last reconciliation.
        phase, message: of the run as a whole; the phase is empty before the first reconciliation.
        waiting: by the name of a task or group that cannot begin yet: what it refers to that is not there.
        locked: by the name of a node, or the run's own: which lock it waits for.
        note: what the run is held up by, for people to read; empty while it goes on.
        wake: the earliest time at which to reconcile although no pod has ended.
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
        answers: Answers | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.identity = identity
        self.spec = spec
        self.library = library
        self.locks = locks
        self.configmaps = configmaps
        self.clock = clock
        self._execute = execute
        self.answers = answers or Answers()
        self.memory: Memory = memory or NoMemory()
        self.expressions = Expressions()
        self.tags = Tags(self.expressions)
        self.loops = Loops(self.tags)
        self.nodes = Nodes(identity.name)
        self.base: Base = library.local(spec)
        self.resolved: dict[
            str, tuple[Base, JSON]
        ] = {}  # node id -> its template as written, and the base for names in it
        self.held: set[str] = set()  # names of nodes that nothing but the number of those that run has kept back
        self.over: dict[str, Over] = {}  # by the id of a steps node
        self.globals: dict[str, str] = {}
        self.outputs: JSON = {}
        self.wanted: list[PodRequest] = []
        self.ended: list[str] = []
        self.waiting: dict[str, str] = {}
        self.locked: dict[str, str] = {}
        self.phase = self.message = self.note = ""
        self.started: datetime | None = None
        self.finished: datetime | None = None
        self.wake: datetime | None = None
        self.shutdown = ""
        self.depth = 0

    def now(self) -> datetime:
        """Return the time, in whole seconds as Argo keeps it."""
        return self.clock().replace(microsecond=0)

    def wake_at(self, moment: datetime) -> None:
        """Ask to be reconciled at a moment, or sooner."""
        self.wake = moment if self.wake is None else min(self.wake, moment)

    @property
    def deadline(self) -> datetime | None:
        """When the run must have ended; None without a limit."""
        seconds = self.spec.get("activeDeadlineSeconds")
        return self.started + timedelta(seconds=seconds) if seconds is not None and self.started else None

    def late(self) -> bool:
        """Whether the run's deadline is over."""
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
        """Add a node that starts now."""
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
        """Set a node's phase, and its message where one is given."""
        node.phase = phase
        if message is not None:
            node.message = message
        if node.fulfilled and node.finished is None:
            node.finished = self.now()
        return node

    def end_daemons(self, boundary: str) -> None:
        """End the daemons of a DAG or steps node that is over, or of the run: they succeeded (killDaemonedChildren)."""
        for node in self.nodes.within(boundary):
            if node.daemoned:
                node.daemoned = False
                self.mark(node, "Succeeded")
                self.ended.append(node.id)

    def remember(self, node: Node) -> None:
        """Save the outputs of a memoized node that ended well."""
        if node.memo is not None and node.phase == "Succeeded":
            # Argo 4.0.5 saves a steps node before it has its outputs (steps.go, a variable that hides another).
            outputs = None if node.type == "Steps" else node.outputs
            self.memory.save(*node.memo, node.id, Entry(outputs, self.clock()))

    def publish(self, outputs: JSON | None) -> None:
        """Give the outputs that have a global name to the whole run (addOutputsToGlobalScope)."""
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
        strategy: JSON | None = template.get("retryStrategy", self.spec.get("retryStrategy"))
        return strategy
