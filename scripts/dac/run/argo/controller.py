"""Reconciles a run: moves on whatever can be (`operate` of workflow/controller/operator.go).

Nothing here starts a process or waits. `reconcile` reads the state, moves nodes on, and leaves in `wanted` the pods to
start; the runner starts them, and passes their results to `observe`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dac.run.argo import container_set, gojson, gotext, hooks
from dac.run.argo.failure import Panicked, ParallelismReached, Stopped
from dac.run.argo.global_names import set_globals
from dac.run.argo.locks import LockError
from dac.run.argo.node import Node
from dac.run.argo.pods import PodResult
from dac.run.argo.scope import rfc3339
from dac.run.argo.state import Options, RunState

# The status of the run whose entry node ended in such a phase; every other phase is its own.
_STATUS = {"Skipped": "Succeeded", "Omitted": "Succeeded"}


class Controller:
    """Moves one run on.

    Attributes:
        state: the run's.
    """

    def __init__(self, state: RunState) -> None:
        self.state = state

    def begin(self) -> None:
        """Set the run's names and put them into its spec, once, before the first reconciliation.

        Raises:
            tags.TagError, global_names.GlobalError: The run cannot start; Argo would fail it.
        """
        state = self.state
        set_globals(state)
        bare = {key: value for key, value in state.spec.items() if key != "templates"}
        replaced = gojson.loads(state.tags.replace(gojson.dumps(bare), state.globals, True))
        state.spec = {**replaced, "templates": state.spec.get("templates", [])}
        state.base = state.library.local(state.spec)
        set_globals(state)

    def start(self) -> bool:
        """Take the workflow's own locks; return whether it need not wait for one."""
        state = self.state
        if state.phase in ("", "Pending"):
            try:
                taken, message = state.locks.acquire(state.identity.namespace, "", state.spec.get("synchronization"))
            except LockError as error:
                self.end("Failed", f"Failed to acquire the synchronization lock. {error}")
                return False
            if not taken:
                state.phase, state.message = "Pending", message
                state.locked[state.identity.name] = message
                return False
            state.phase, state.message = "Running", ""
            state.started = state.now()
        return True

    def daemon_up(self, node_id: str, address: str) -> None:
        """Let what depends on a daemon go on: its pod is ready."""
        node = self.state.nodes.get(node_id)
        if not node.settled:
            node.phase, node.daemoned, node.ip = "Running", True, address

    def observe(self, ended: PodResult) -> None:
        """Give a node the result of its pod."""
        state = self.state
        node = state.nodes.get(ended.node)
        if node.settled:
            return
        node.daemoned = False
        node.outputs = ended.outputs
        node.finished = state.now()
        node.phase, node.message, node.dry_run = ended.phase, ended.message, ended.dry_run
        container_set.mark_nodes(state, node, ended.containers)
        state.remember(node)
        state.publish(node.outputs)

    def reconcile(self) -> None:
        """Move on every node that can be, once."""
        state = self.state
        state.wake = None
        state.waiting.clear()
        state.locked.clear()
        if not self.start():
            return
        if state.deadline:
            if state.late():
                self.fail_waiting()
            else:
                state.wake_at(state.deadline + timedelta(milliseconds=10))
        state.globals["workflow.status"] = state.phase
        state.globals["workflow.duration"] = f"{(state.clock() - (state.started or state.clock())).total_seconds():f}"
        entry = {"template": state.spec["entrypoint"]}
        try:
            node = state.execute(state.identity.name, entry, state.base, state.spec.get("arguments", {}), Options())
        except ParallelismReached:
            return
        except Stopped as error:
            self.end("Error", f"error in entry template execution: {error}")
            return
        except Panicked as error:
            self.end("Error", str(error))
            return
        if node is not None:
            self.after(node)

    def after(self, node: Node) -> None:
        """Go on after the entry node: hooks of the run, its exit handler, its end."""
        state = self.state
        status = _STATUS.get(node.phase, node.phase)
        # The run ends as the entry node stands now, even if a hook's error marks the node again below.
        message = f"Stopped with strategy '{state.shutdown}'" if node.unsuccessful and state.shutdown else node.message
        state.globals["workflow.status"] = status
        state.globals["workflow.failures"] = self.failures()
        try:
            if not hooks.of_workflow(state):
                return
        except Stopped as error:
            state.mark(node, "Error", str(error))
        if not node.fulfilled:
            return
        try:
            exit_node = hooks.exit_of_workflow(state)
        except ParallelismReached:
            return
        except Stopped as error:
            self.end("Error", f"error in exit template execution : {error}")
            return
        if exit_node is not None and not exit_node.fulfilled:
            return
        if status == "Succeeded" and exit_node is not None and exit_node.unsuccessful:
            status, message = exit_node.phase, exit_node.message
        if status == "Running":  # a daemon that is up and the run's entry
            status, message = "Error", f"Unexpected node phase {state.identity.name}: {status}"
        self.end(status, "" if status == "Succeeded" else message)

    def end(self, phase: str, message: str) -> None:
        """End the run."""
        state = self.state
        if phase == "Error":
            entry = state.nodes.named(state.identity.name)
            if entry is not None and entry.phase == "Running":
                entry.phase, entry.message = "Error", "Workflow operation error"
        state.end_daemons("")
        state.phase, state.message, state.finished = phase, message, state.now()
        state.locks.release_all()

    def fail_waiting(self) -> None:
        """Fail what waits without a pod past the deadline (failNodesWithoutCreatedPodsAfterDeadlineOrShutdown)."""
        state = self.state
        for node in state.nodes:
            idle = node.phase == "Pending" or (node.type == "Suspend" and node.phase == "Running")
            if idle and not node.settled and not state.nodes.in_exit_handler(node):
                state.mark(node, "Failed", "Step exceeded its deadline")

    def failures(self) -> str:
        """Return `{{workflow.failures}}`: the nodes that failed, as JSON that is quoted once more."""
        listed = [
            {
                "displayName": node.display,
                "message": node.message,
                "templateName": node.template,
                "phase": node.phase,
                "podName": self.state.pod_name(node.name, node.template),
                "finishedAt": rfc3339(node.finished) if node.finished else None,
            }
            for node in self.state.nodes.failed
        ]
        return '"' + gotext.quote(gojson.dumps(listed) if listed else "null") + '"'


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)
