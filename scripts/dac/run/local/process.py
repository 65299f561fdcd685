"""Runs a pod's processes: those before the main one, the main one, those beside it; and says how they ended.

Phases and messages are those that the controller infers from a pod's containers (inferFailedReason).
"""

from __future__ import annotations

import asyncio
import shutil
import signal
from functools import partial
from pathlib import Path
from typing import BinaryIO

from dac.run.argo.location import address
from dac.run.argo.pods import PodResult
from dac.run.local import artifacts, container_set, contents, readiness
from dac.run.local.aside import GivenUp, aside
from dac.run.local.group import signal_group
from dac.run.local.pod import SCRIPT, TERMINATION, Container, Pod
from dac.run.local.roots import NoProgram, Roots
from dac.run.local.start import Process, start
from dac.run.local.store import Store

GRACE = 10.0  # seconds between asking a process to end and ending it; a pod's default is 30
_FINE = (0, 137, 143)  # how a container may end beside the main one: it succeeded, or was ended
DEADLINE = "Pod was active on the node longer than the specified deadline"


class Running:
    """A pod under way.

    Args:
        store: what artifacts are kept in.
        log: file that every container writes to.
        seconds: after which the main container is ended; None for never.
        roots: of containers that have roots of their own.
    """

    def __init__(self, pod: Pod, store: Store, log: Path, seconds: float | None, roots: Roots | None = None) -> None:
        self.pod, self.store, self.log, self.seconds, self.roots = pod, store, log, seconds, roots
        self.processes: dict[str, Process] = {}
        self.stopped = ""
        self.printed = b""
        self.groups: set[int] = set()
        self.ends: dict[str, container_set.End] = {}  # of the containers of a set
        self.started = asyncio.Event()  # the main container
        self.over = asyncio.Event()  # it is ended early

    async def run(self) -> PodResult:
        """Run it to its end."""
        pod = self.pod
        self._prepare()
        with self.log.open("ab") as log:
            try:
                if self._is_far("inputs"):
                    await aside(partial(artifacts.load, self.pod, self.store), self.over)
                else:
                    artifacts.load(self.pod, self.store)
            except GivenUp:
                return self._ended("Failed", self.stopped)
            except (artifacts.ArtifactError, OSError) as error:
                return self._ended("Error", f"init: Error (exit code 64): {error}")
            for container in pod.before:
                code, message = await self._command(container, log)
                if code not in _FINE:
                    return self._ended("Failed", message)
            beside = [asyncio.create_task(self._command(container, log)) for container in pod.beside]
            code, message = await self._main(log)
            await self.stop(*(container.name for container in pod.beside))
            others = await asyncio.gather(*beside)
        return await self._result(code, message, others)

    async def ready(self) -> None:
        """Return when the main container is."""
        await self.started.wait()
        main = self.pod.main
        await readiness.ready(main, self.roots, self.processes["main"].pid)

    def _is_far(self, side: str) -> bool:
        """Whether an artifact of that side lies elsewhere, so that to load or save it may take long."""
        return any(map(address, self.pod.template.get(side, {}).get("artifacts", [])))

    def _prepare(self) -> None:
        pod = self.pod
        self.log.parent.mkdir(parents=True, exist_ok=True)
        for container in {c.name: c for c in (pod.main, *pod.before, *pod.beside, *pod.together)}.values():
            container.paths.make_folders()
            container.paths.own.mkdir(parents=True, exist_ok=True)
            container.paths.host(TERMINATION).parent.mkdir(parents=True, exist_ok=True)
            if container.folder.is_relative_to(pod.folder):
                container.folder.mkdir(parents=True, exist_ok=True)
        declared = pod.template.get("outputs", {})
        paths = [a["path"] for a in declared.get("artifacts", [])]
        paths += [p["valueFrom"]["path"] for p in declared.get("parameters", []) if p.get("valueFrom", {}).get("path")]
        for path in paths:
            pod.main.paths.inside(path).parent.mkdir(parents=True, exist_ok=True)
        if "script" in pod.template:
            script = pod.main.paths.inside(SCRIPT)
            script.parent.mkdir(parents=True, exist_ok=True)
            contents.write(script, pod.main.paths.text(pod.template["script"].get("source", "")))
            script.chmod(0o755)  # as Argo stages it: `sh -c PATH` runs it

    async def _main(self, log: BinaryIO) -> tuple[int, str]:
        if not self.pod.include_output:
            return await self._timed(log, None)
        with (self.pod.folder / "stdout").open("w+b") as out:
            ended = await self._timed(log, out)
            out.seek(0)  # by its handle: the step may have put something else in its place
            shutil.copyfileobj(out, log)
            out.seek(max(0, out.tell() - artifacts.MAX_RESULT - 1))
            self.printed = out.read(artifacts.MAX_RESULT + 1)
        return ended

    async def _timed(self, log: BinaryIO, out: BinaryIO | None) -> tuple[int, str]:
        work = self._together(log, out) if self.pod.together else self._command(self.pod.main, log, out)
        task = asyncio.create_task(work)
        done, _ = await asyncio.wait([task], timeout=self.seconds)
        if not done:
            self.stopped = DEADLINE
            await self.stop("main", *(container.name for container in self.pod.together))
        return await task

    async def _together(self, log: BinaryIO, out: BinaryIO | None) -> container_set.End:
        """Run the containers of a set; return the code of main, and the message of the first by name that failed."""

        async def command(container: Container) -> container_set.End:
            return await self._command(container, log, out if container is self.pod.main else None)

        attempts = container_set.attempts_of(self.pod.template["containerSet"].get("retryStrategy", {}))
        self.ends = await container_set.run(self.pod.together, attempts, command, self.stop)
        failed = [end for _, end in sorted(self.ends.items()) if end[0]]
        return failed[0] if failed else (0, "")

    async def _command(self, container: Container, log: BinaryIO, out: BinaryIO | None = None) -> tuple[int, str]:
        """Run one container; return its exit code, and the message that its node would have."""
        if self.stopped:
            return 143, f"{container.name}: Error (exit code 143)"
        try:
            process = await start(container, self.roots, out or log, log)
        except NoProgram as error:
            log.write(f"{error}\n".encode())
            return 64, f"{container.name}: Error (exit code 64): failed to find name in PATH: {error}"
        except (OSError, ValueError) as error:
            log.write(f"{error}\n".encode())
            return 64, f"{container.name}: Error (exit code 64): failed to start command: {error}"
        self.processes[container.name] = process
        self.groups.add(process.pid)
        if container is self.pod.main:
            self.started.set()
        code = await process.wait()
        code = 128 - code if code < 0 else code
        return code, f"{container.name}: Error (exit code {code})" + _last_words(container)

    async def stop(self, *names: str) -> None:
        """Ask processes to end, with all that they started; end them where they do not."""
        running = [
            self.processes[name] for name in names if name in self.processes and self.processes[name].returncode is None
        ]
        for process in running:
            signal_group(process.pid, signal.SIGTERM)
        if running:
            waits = [asyncio.create_task(process.wait()) for process in running]
            _, late = await asyncio.wait(waits, timeout=GRACE)
            for process in running:
                if process.returncode is None:
                    signal_group(process.pid, signal.SIGKILL)
            if late:
                await asyncio.wait(late)

    async def end(self, reason: str) -> None:
        """End the pod early; `reason` is its message."""
        self.stopped = reason
        self.over.set()
        await self.stop(*self.processes)

    def _sweep(self) -> None:
        """End what a container left behind: in a pod, nothing outlives its main process."""
        for group in self.groups:
            signal_group(group, signal.SIGKILL)

    async def _result(self, code: int, message: str, others: list[tuple[int, str]]) -> PodResult:
        self._sweep()
        save = partial(artifacts.save, self.pod, self.store, self.pod.node, self.printed)
        # What a pod that is ended has made is saved all the same.
        outputs, problems = await asyncio.to_thread(save) if self._is_far("outputs") else save()
        ended_main = self.ends.get("main", (code, ""))[0]
        if not self.ends or "main" in self.ends:
            outputs["exitCode"] = str(ended_main)
        if self.pod.keep_log:
            key = f"{self.pod.node}/main.log"
            (self.store.run / key).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.log, self.store.run / key)
            outputs["artifacts"] = [*outputs.get("artifacts", []), {"name": "main-logs", "key": key}]
        if self.stopped:
            return self._ended("Failed", self.stopped, outputs)
        if code:
            return self._ended("Failed", message, outputs)
        if self.pod.template.get("daemon"):  # which ends only where it is ended
            return self._ended("Failed", "", outputs)
        if problems:
            return self._ended("Error", f"wait: Error (exit code 64): {problems[0]}", outputs)
        for other_code, other_message in others:
            if other_code not in _FINE:
                return self._ended("Failed", other_message, outputs)
        return self._ended("Succeeded", "", outputs)

    def _ended(self, phase: str, message: str, outputs: dict[str, object] | None = None) -> PodResult:
        ends = {name: container_set.node_end(end) for name, end in self.ends.items()}
        return PodResult(self.pod.node, phase, message, outputs, ends)


def _last_words(container: Container) -> str:
    """Return what a container wrote for its message, as a node has it behind the exit code."""
    try:
        with container.paths.inside(TERMINATION).open("rb") as file:
            text = file.read(4096).decode(errors="replace")
    except OSError:
        return ""
    return f": {text}" if text else ""
