"""Runs a pod's processes: those before the main one, the main one, those beside it; and tells how they ended.

Phases and messages are those that the controller infers from a pod's containers (inferFailedReason).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from asyncio.subprocess import Process
from pathlib import Path
from typing import BinaryIO

from dac.run.argo.state import PodResult
from dac.run.local import artifacts
from dac.run.local.pod import SCRIPT, Container, Pod

GRACE = 10.0  # seconds between asking a process to end and ending it; a pod's default is 30
DEADLINE = "Pod was active on the node longer than the specified deadline"


class Running:
    """A pod under way.

    Args:
        store: folder of the run's artifacts.
        log: file that every container writes to.
    """

    def __init__(self, pod: Pod, store: Path, log: Path, seconds: float | None) -> None:
        self.pod, self.store, self.log, self.seconds = pod, store, log, seconds
        self.processes: dict[str, Process] = {}
        self.stopped = ""
        self.groups: set[int] = set()

    async def run(self) -> PodResult:
        """Runs it to its end."""
        pod = self.pod
        self.prepare()
        with self.log.open("ab") as log:
            try:
                artifacts.load(pod, self.store)
            except (artifacts.ArtifactError, OSError) as fault:
                return self.ended("Error", f"init: Error (exit code 64): {fault}")
            for container in pod.before:
                code, message = await self.command(container, log)
                if code not in (0, 137, 143):
                    return self.ended("Failed", message)
            beside = [asyncio.create_task(self.command(container, log)) for container in pod.beside]
            code, message = await self.main(log)
            await self.stop(*(container.name for container in pod.beside))
            others = await asyncio.gather(*beside)
        return self.judge(code, message, others)

    def prepare(self) -> None:
        pod = self.pod
        self.log.parent.mkdir(parents=True, exist_ok=True)
        for container in (pod.main, *pod.before, *pod.beside):
            container.paths.make_folders()
            container.paths.own.mkdir(parents=True, exist_ok=True)
            if container.folder.is_relative_to(pod.folder):
                container.folder.mkdir(parents=True, exist_ok=True)
        declared = pod.template.get("outputs", {})
        paths = [a["path"] for a in declared.get("artifacts", [])]
        paths += [p["valueFrom"]["path"] for p in declared.get("parameters", []) if p.get("valueFrom", {}).get("path")]
        for path in paths:
            pod.main.paths.host(path).parent.mkdir(parents=True, exist_ok=True)
        if "script" in pod.template:
            script = pod.main.paths.host(SCRIPT)
            script.parent.mkdir(parents=True, exist_ok=True)
            script.write_text(pod.main.paths.text(pod.template["script"].get("source", "")))

    async def main(self, log: BinaryIO) -> tuple[int, str]:
        if not self.pod.include_output:
            return await self.timed(log, None)
        kept = self.pod.folder / "stdout"
        with kept.open("wb") as out:
            ended = await self.timed(log, out)
        log.write(kept.read_bytes())
        return ended

    async def timed(self, log: BinaryIO, out: BinaryIO | None) -> tuple[int, str]:
        task = asyncio.create_task(self.command(self.pod.main, log, out))
        done, _ = await asyncio.wait([task], timeout=self.seconds)
        if not done:
            self.stopped = DEADLINE
            await self.stop("main")
        return await task

    async def command(self, container: Container, log: BinaryIO, out: BinaryIO | None = None) -> tuple[int, str]:
        """Runs one container; its exit code, and the message that its node would have."""
        program = shutil.which(container.command[0], path=container.environment.get("PATH", ""))
        if program is None:
            reason = f'exec: "{container.command[0]}": executable file not found in $PATH'
            log.write(f"{reason}\n".encode())
            return 64, f"{container.name}: Error (exit code 64): failed to find name in PATH: {reason}"
        if self.stopped:
            return 143, f"{container.name}: Error (exit code 143)"
        try:
            process = await asyncio.create_subprocess_exec(
                program,
                *container.command[1:],
                cwd=container.folder,
                env=container.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out or log,
                stderr=log,
                start_new_session=True,
            )
        except (OSError, ValueError) as fault:
            log.write(f"{fault}\n".encode())
            return 64, f"{container.name}: Error (exit code 64): failed to start command: {fault}"
        self.processes[container.name] = process
        self.groups.add(process.pid)
        code = await process.wait()
        code = 128 - code if code < 0 else code
        return code, f"{container.name}: Error (exit code {code})"

    async def stop(self, *names: str) -> None:
        """Asks processes to end, with all that they started; ends them where they do not."""
        running = [
            self.processes[name] for name in names if name in self.processes and self.processes[name].returncode is None
        ]
        for process in running:
            _signal(process.pid, signal.SIGTERM)
        if running:
            waits = [asyncio.create_task(process.wait()) for process in running]
            _, late = await asyncio.wait(waits, timeout=GRACE)
            for process in running:
                if process.returncode is None:
                    _signal(process.pid, signal.SIGKILL)
            if late:
                await asyncio.wait(late)

    async def end(self, reason: str) -> None:
        """Ends the pod early; `reason` is its message."""
        self.stopped = reason
        await self.stop(*self.processes)

    def sweep(self) -> None:
        """Ends what a container left behind: in a pod, nothing outlives its main process."""
        for group in self.groups:
            _signal(group, signal.SIGKILL)

    def judge(self, code: int, message: str, others: list[tuple[int, str]]) -> PodResult:
        self.sweep()
        outputs, faults = artifacts.save(self.pod, self.store, self.pod.node)
        outputs["exitCode"] = str(code)
        if self.pod.keep_log:
            key = f"{self.pod.node}/main.log"
            (self.store / key).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.log, self.store / key)
            outputs["artifacts"] = [*outputs.get("artifacts", []), {"name": "main-logs", "key": key}]
        if self.stopped:
            return self.ended("Failed", self.stopped, outputs)
        if code:
            return self.ended("Failed", message, outputs)
        if faults:
            return self.ended("Error", f"wait: Error (exit code 64): {faults[0]}", outputs)
        for other, complaint in others:
            if other not in (0, 137, 143):
                return self.ended("Failed", complaint, outputs)
        return self.ended("Succeeded", "", outputs)

    def ended(self, phase: str, message: str, outputs: dict[str, object] | None = None) -> PodResult:
        return PodResult(self.pod.node, phase, message, outputs)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
