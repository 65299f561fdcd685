"""The loop around a controller: reconciles the run, starts its pods as processes, passes on how they ended.

It is asyncio in one thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections import deque
from datetime import timedelta

from dac.run.argo.container_set import mark_nodes
from dac.run.argo.controller import Controller
from dac.run.argo.global_names import GlobalError
from dac.run.argo.pods import PodRequest, PodResult
from dac.run.argo.tags import TagError
from dac.run.local import readiness
from dac.run.local.pod_fields import PodError
from dac.run.local.process import Running
from dac.run.local.record import Record
from dac.run.local.work import Surroundings, Work, work_of

# Seconds that a pod waits for a free place; then it is started all the same, since a running pod may wait for it.
MAX_WAIT = 10.0
PATIENCE = 10.0  # seconds after which a daemon that is not ready is reported
POLL = 0.2  # seconds between two tries to take a lock
INTERVAL = 0.05  # seconds between two reconciliations, so that pods which end together are seen together


def pod_limit() -> int:
    """Return how many pods run at once on this machine."""
    return max(8, 4 * (os.cpu_count() or 2))


def quiet_wakeups() -> None:
    """Say nothing where signals come faster than the loop reads of them, as those of a profile do."""
    descriptor = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)


class Runner:
    """One run from its start to its end."""

    def __init__(self, controller: Controller, around: Surroundings, record: Record) -> None:
        self.controller, self.op = controller, controller.state
        self.around, self.record = around, record
        self.running: dict[str, Work] = {}
        self.tasks: dict[str, asyncio.Task[PodResult]] = {}
        self.queue: deque[tuple[float, PodRequest]] = deque()
        self.ended: list[PodResult] = []
        self.up: list[str] = []  # nodes of daemons that are ready
        self.late: set[str] = set()  # nodes of daemons that are not ready after long
        self.changed = asyncio.Event()  # a pod ended, or the run was interrupted
        self.interrupts = 0
        self.started = False
        self.refilled: set[str] = set()  # nodes whose pods were started since the last reconciliation
        self.defect: Exception | None = None

    async def run(self) -> None:
        """Go on until the run has ended."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self.interrupt)
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        quiet_wakeups()
        self.record.begin(self.op)
        try:
            self.controller.begin()
        except (GlobalError, TagError) as error:
            if isinstance(error, GlobalError):
                self.controller.end("Failed", f"failed to set global parameters: {error}")
            else:
                self.controller.end("Error", str(error))
        try:
            while not self.op.finished:
                await self._reconcile()
                if self.defect is not None:
                    raise self.defect
        finally:
            self.queue.clear()
            await asyncio.gather(*(running.end("the run ended") for running in self.running.values()))
            await asyncio.gather(*self.tasks.values())
            self.op.locks.release_all()
            self.record.event(event="end", phase=self.op.phase, message=self.op.message)

    def stop(self) -> None:
        """Stop the run, once; its exit handlers run."""
        if not self.interrupts:
            self.interrupt()

    def interrupt(self) -> None:
        """Stop the run: the first interrupt spares its exit handlers, the second ends those too."""
        self.interrupts += 1
        self.op.shutdown = "Stop" if self.interrupts == 1 else "Terminate"
        self.changed.set()

    async def _reconcile(self) -> None:
        started = time.monotonic()
        if self.op.shutdown and self.op.phase == "Pending":  # it waits for a lock, and nothing of it has begun
            self.controller.end("Failed", f"Stopped with strategy '{self.op.shutdown}'")
            return
        if self.started:  # the controller reconciles once while a pod runs, before it can see its end
            self.started = False
        else:
            for node_id in self.up:
                self.controller.daemon_up(node_id, readiness.ADDRESS)
            early = [ended for ended in self.ended if ended.node in self.refilled]
            for ended in self.ended:
                if ended.node not in self.refilled:
                    self.controller.observe(ended)
            self.up, self.ended = [], early
        self.refilled.clear()
        self._stop_pods()
        self.controller.reconcile()
        self.queue.extend((time.monotonic(), wanted) for wanted in self.op.wanted)
        self.op.wanted = []
        self._end_daemons()
        self._start_pods()
        changed, moved = self.op.nodes.changes()
        self.around.report(self.record.changes(changed))
        if self.op.finished:
            return
        if self.started or ((self.ended or moved) and not self.tasks):
            return
        stuck = not self.tasks and not self.queue and self.op.wake is None
        if stuck and (not self.op.locked or self.op.locks.own()):
            held = "".join(f"; {name}: {lock}" for name, lock in self.op.locked.items())
            self.controller.end("Error", f"nothing is left that could go on: Argo would wait forever{held}")
            self.around.report(self.record.changes(self.op.nodes.changes()[0]))
            return
        if not self.ended:
            self._note()
            await self._wait()
        if self.tasks:  # where nothing else runs, nothing can end together
            await asyncio.sleep(max(0.0, INTERVAL - (time.monotonic() - started)))

    def _note(self) -> None:
        """Say so where nothing goes on, and what would have to happen for the run to."""
        note = "" if self.queue or self.op.wake is not None else self._held_up()
        if note != self.op.note:
            self.op.note = note
            self.record.event(event="note", message=note)
            self.around.report([])

    def _held_up(self) -> str:
        """Return why nothing goes on until another run, or a daemon that most never ends, does; else nothing."""
        own = f"{self.op.identity.name}."
        waiting = sorted({**self.op.waiting, **self.op.locked}.items())
        reasons = "".join(f"; {name.removeprefix(own)}: {reason}" for name, reason in waiting)
        if not self.tasks:
            return f"nothing runs: what this run waits for is held by another{reasons}"
        holding = {task.removesuffix("/up") for task in self.tasks}
        nodes = sorted(
            (node.display, node_id in self.late)
            for node_id in holding
            if (node := self.op.nodes.by_id.get(node_id)) and (node.daemoned or node_id in self.late)
        )
        if len(nodes) < len(holding):
            return ""
        names = ", ".join(f"{name}, which is not ready" if late else name for name, late in nodes)
        until = "one ends or is ready" if any(late for _, late in nodes) else "one ends"
        return f"nothing but daemons runs ({names}): until {until} the run waits, as it would in Argo{reasons}"

    async def _wait(self) -> None:
        """Wait for a pod to end, a time to come or an interrupt."""
        delays = [(self.op.wake - self.op.clock()).total_seconds()] if self.op.wake else []
        if self.op.locked:
            delays.append(POLL)
        if self.queue:
            delays.append(self.queue[0][0] + MAX_WAIT - time.monotonic())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), max(0.0, min(delays)) if delays else None)
        self.changed.clear()

    def _stop_pods(self) -> None:
        """End the pods that a shutdown or the run's deadline ends; their nodes fail at once, as with the controller."""
        for node_id, running in list(self.running.items()):
            node = self.op.nodes.get(node_id)
            reason = self._stop_reason(self.op.nodes.in_exit_handler(node))
            if reason and not node.settled:
                self.op.mark(node, "Failed", reason)
            if reason and not running.stopped:
                running.stopped = reason
                self.tasks[f"{node_id}/end"] = asyncio.create_task(self._end(running, reason, node_id))
        if not self.op.shutdown and not self.op.late():
            return
        if self.op.shutdown:
            self._give_up_locks()
        waiting = [(at, wanted) for at, wanted in self.queue if not self.op.nodes.get(wanted.node).settled]
        for _, wanted in waiting:
            if reason := self._stop_reason(wanted.on_exit):
                self.op.mark(self.op.nodes.get(wanted.node), "Failed", reason)
        self.queue = deque((at, wanted) for at, wanted in waiting if not self._stop_reason(wanted.on_exit))

    def _give_up_locks(self) -> None:
        """Fail what waits for a lock; a controller lets it wait on, but here somebody waits for the end."""
        for name in self.op.locked:
            node = self.op.nodes.named(name)
            if node and not node.settled and (reason := self._stop_reason(self.op.nodes.in_exit_handler(node))):
                self.op.mark(node, "Failed", reason)
                self.op.locks.release(node.id)

    def _stop_reason(self, on_exit: bool) -> str:
        """Return why a pod must end now; empty if it may go on."""
        if not self.op.runs(on_exit):
            return f"workflow shutdown with strategy:  {self.op.shutdown}"
        return "Step exceeded its deadline" if self.op.late() and not on_exit else ""

    async def _end(self, running: Work, reason: str, node_id: str) -> PodResult:
        await running.end(reason)
        self.tasks.pop(f"{node_id}/end", None)
        self.changed.set()
        return PodResult(node_id, "Failed", reason, None)

    def _start_pods(self) -> None:
        while self.queue:
            at, wanted = self.queue[0]
            if len(self.running) >= self.around.pod_limit and time.monotonic() - at < MAX_WAIT:
                return
            self.queue.popleft()
            self.started = self._start(wanted) or self.started

    def _refill(self) -> None:
        """Start waiting pods in the places of those that ended, without a reconciliation for each."""
        while self.queue and len(self.running) < self.around.pod_limit and not self.op.shutdown and not self.op.late():
            _, wanted = self.queue.popleft()
            if self._start(wanted):
                self.refilled.add(wanted.node)

    def _start(self, wanted: PodRequest) -> bool:
        """Start a pod; return whether it could be."""
        node = self.op.nodes.get(wanted.node)
        try:
            work = work_of(self.op, wanted, self.around, self.record.log(node))
        except (PodError, RuntimeError, OSError) as error:
            self.ended.append(PodResult(node.id, "Error", str(error), None))
            self.op.wake_at(self.op.clock() + timedelta(milliseconds=1))
            return False
        if node.phase == "Pending":
            self.op.mark(node, "Running")
        self.running[node.id] = work
        self.tasks[node.id] = asyncio.create_task(self._follow(node.id, work))
        if not isinstance(work, Running):
            self.record.event(event="pod", name=node.name)
            return True
        for container in work.pod.together:
            mark_nodes(self.op, node, {container.name: ("Running", "")})
            self.record.event(event="pod", name=f"{node.name}.{container.name}", command=container.command)
        main = work.pod.main
        self.record.event(event="pod", name=node.name, command=main.command, resources=main.resources)
        if work.pod.template.get("daemon"):
            self.tasks[f"{node.id}/up"] = asyncio.create_task(self._await_ready(node.id, work))
        return True

    async def _await_ready(self, node_id: str, running: Running) -> PodResult:
        """Say that a daemon is up; given up when it ends."""
        ready = asyncio.create_task(running.ready())
        either = [ready, self.tasks[node_id]]
        done, _ = await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
        if not done:
            self.late.add(node_id)
            self.changed.set()
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        self.late.discard(node_id)
        if ready.done():
            self.up.append(node_id)
        else:
            ready.cancel()
        self.tasks.pop(f"{node_id}/up", None)
        self.changed.set()
        return PodResult(node_id, "Running", "", None)

    def _end_daemons(self) -> None:
        """End the pods of daemons that the run has no use for any more; their nodes have succeeded already."""
        for node_id in self.op.ended:
            if running := self.running.get(node_id):
                self.tasks[f"{node_id}/end"] = asyncio.create_task(self._end(running, "", node_id))
        self.op.ended = []

    async def _follow(self, node_id: str, running: Work) -> PodResult:
        try:
            ended = await running.run()
        except (OSError, ValueError) as error:
            ended = PodResult(node_id, "Error", str(error), None)
        except Exception as defect:  # a defect of ours ends the run now; nobody waits for this pod
            self.defect = defect
            ended = PodResult(node_id, "Error", str(defect), None)
        self.ended.append(ended)
        self.running.pop(node_id, None)
        self.tasks.pop(node_id, None)
        if ended.phase == "Succeeded" and isinstance(running, Running):
            shutil.rmtree(running.pod.folder, ignore_errors=True)
        try:
            self._refill()
        except Exception as defect:  # as above
            self.defect = defect
        self.changed.set()
        return ended
