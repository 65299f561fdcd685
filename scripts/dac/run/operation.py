"""A run as the controller sees it: its state, and one look at it (`operate` of workflow/controller/operator.go).

Nothing here starts a process or waits. `operate` reads the state and the pods that came in since, moves nodes on, and
leaves in `wanted` the pods to start; the runner starts them, and tells `observe` what became of them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from dac.run import gojson, hooks, tags, template
from dac.run.arguments import ConfigMaps
from dac.run.failure import Panicked, ParallelismReached, Stopped
from dac.run.globals import set_globals
from dac.run.library import Base, Library
from dac.run.locks import LockError, Locks
from dac.run.node import JSON, Node, Nodes
from dac.run.scope import rfc3339

PHASES = {"Skipped": "Succeeded", "Omitted": "Succeeded"}


@dataclass(frozen=True, slots=True)
class PodWanted:
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
class PodEnded:
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


class Operation:
    """One run.

    Attributes:
        spec: the workflow's spec, with its template's merged in.
        nodes: every node so far.
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
    ) -> None:
        self.identity = identity
        self.spec = spec
        self.library = library
        self.locks = locks
        self.configmaps = configmaps
        self.clock = clock
        self.nodes = Nodes(identity.name)
        self.base: Base = library.local(spec)
        self.resolved: dict[str, tuple[Base, JSON]] = {}  # node id -> the template as found, and where
        self.expanded: dict[str, tuple[str, list[JSON]]] = {}  # node name -> the loop's text and its tasks
        self.globals: dict[str, str] = {}
        self.outputs: JSON = {}
        self.wanted: list[PodWanted] = []
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

    # -- one look

    def begin(self) -> None:
        """What happens once, before the first look: the run's names, and the spec with them put in.

        Raises:
            tags.TagError, globals.GlobalError: the run cannot start; Argo would fail it.
        """
        set_globals(self)
        bare = {key: value for key, value in self.spec.items() if key != "templates"}
        replaced = gojson.loads(tags.replace(gojson.dumps(bare), self.globals, True))
        self.spec = {**replaced, "templates": self.spec.get("templates", [])}
        self.base = self.library.local(self.spec)
        set_globals(self)

    def start(self) -> bool:
        """Takes the workflow's own locks; False where it must wait for one."""
        if self.phase in ("", "Pending"):
            try:
                taken, message = self.locks.acquire(self.identity.namespace, "", self.spec.get("synchronization"))
            except LockError as fault:
                self.end("Failed", f"Failed to acquire the synchronization lock. {fault}")
                return False
            if not taken:
                self.phase, self.message = "Pending", message
                self.wake_at(self.clock() + timedelta(milliseconds=200))
                return False
            self.phase, self.message = "Running", ""
            self.started = self.now()
        return True

    def observe(self, ended: PodEnded) -> None:
        """Takes in what became of a pod."""
        node = self.nodes.get(ended.node)
        if node.settled:
            return
        node.outputs = ended.outputs
        node.finished = self.now()
        node.phase, node.message = ended.phase, ended.message
        self.publish(node.outputs)

    def operate(self) -> None:
        """Looks at the run once, and moves on what can be."""
        self.wake = None
        if not self.start():
            return
        if self.deadline:
            if not self.late():
                self.wake_at(self.deadline + timedelta(milliseconds=10))
            self.fail_waiting()
        self.globals["workflow.status"] = self.phase
        self.globals["workflow.duration"] = f"{(self.clock() - (self.started or self.clock())).total_seconds():f}"
        entry = {"template": self.spec["entrypoint"]}
        try:
            node = template.execute(
                self, self.identity.name, entry, self.base, self.spec.get("arguments", {}), template.Options()
            )
        except ParallelismReached:
            return
        except Stopped as fault:
            self.end("Error", f"error in entry template execution: {fault}")
            return
        except Panicked as fault:
            self.end("Error", str(fault))
            return
        if node is not None:
            self.after(node)

    def after(self, node: Node) -> None:
        """What follows the entry node: hooks of the run, its exit handler, its end."""
        status = PHASES.get(node.phase, node.phase)
        # What the run ends with is as the entry node was here, though a hook's fault may yet mark it anew.
        message = f"Stopped with strategy '{self.shutdown}'" if node.unsuccessful and self.shutdown else node.message
        self.globals["workflow.status"] = status
        self.globals["workflow.failures"] = self.failures()
        try:
            if not hooks.of_workflow(self):
                return
        except Stopped as fault:
            self.mark(node, "Error", str(fault))
        if not node.fulfilled:
            return
        try:
            exit_node = hooks.exit_of_workflow(self)
        except ParallelismReached:
            return
        except Stopped as fault:
            self.end("Error", f"error in exit template execution : {fault}")
            return
        if exit_node is not None and not exit_node.fulfilled:
            return
        if status == "Succeeded" and exit_node is not None and exit_node.unsuccessful:
            status, message = exit_node.phase, exit_node.message
        self.end(status, "" if status == "Succeeded" else message)

    def end(self, phase: str, message: str) -> None:
        """Ends the run."""
        if phase == "Error":
            entry = self.nodes.named(self.identity.name)
            if entry is not None and entry.phase == "Running":
                entry.phase, entry.message = "Error", "Workflow operation error"
        self.phase, self.message, self.finished = phase, message, self.now()
        self.locks.release_all()

    def fail_waiting(self) -> None:
        """Past the deadline, fails what waits without a pod (failNodesWithoutCreatedPodsAfterDeadlineOrShutdown)."""
        for node in self.nodes:
            idle = node.phase == "Pending" or (node.type == "Suspend" and node.phase == "Running")
            if idle and not node.settled and self.late() and not self.nodes.in_exit_handler(node):
                self.mark(node, "Failed", "Step exceeded its deadline")

    def failures(self) -> str:
        """`{{workflow.failures}}`: the nodes that failed, as JSON that is quoted once more."""
        failed = [node for node in self.nodes if node.unsuccessful]
        listed = [
            {
                "displayName": node.display,
                "message": node.message,
                "templateName": node.template,
                "phase": node.phase,
                "podName": template.pod_name(self, node.name, node.template),
                "finishedAt": rfc3339(node.finished) if node.finished else None,
            }
            for node in failed
        ]
        return '"' + gojson.quote(gojson.dumps(listed) if listed else "null") + '"'


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)
