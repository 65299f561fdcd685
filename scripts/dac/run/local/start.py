"""Starts the program of a container: in a root of its own, or among this machine's folders with its paths rewritten."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from typing import BinaryIO, Protocol

from dac.roots.root import Wanted
from dac.run.local.pod import Container
from dac.run.local.roots import NoProgram, Roots


class Process(Protocol):
    """A program that was started."""

    @property
    def pid(self) -> int:
        """Its number, and that of its process group."""

    @property
    def returncode(self) -> int | None:
        """Its exit code; None until it has ended, and negative for a signal."""

    async def wait(self) -> int:
        """Return its exit code when it has ended."""


async def start(
    container: Container,
    roots: Roots | None,
    out: BinaryIO,
    log: BinaryIO,
    *,
    command: Sequence[str] = (),
    beside: int = 0,
) -> Process:
    """Start a container's program, or another where that runs.

    Args:
        container: the container.
        roots: of containers that have roots of their own.
        out: its standard output.
        log: its standard error.
        command: another program, and its arguments.
        beside: the process of the container's program where another is started.

    Raises:
        NoProgram: There is no such program.
        OSError, ValueError: It cannot be started.
    """
    words = [*(command or container.command)]
    if roots is not None and container.paths.mounted:
        return await roots.start(_wanted(container, words, beside), out.fileno(), log.fileno())
    program = shutil.which(words[0], path=container.environment.get("PATH", ""))
    if program is None:
        raise NoProgram(words[0])
    return await asyncio.create_subprocess_exec(
        program,
        *words[1:],
        cwd=container.folder,
        env=container.environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=out,
        stderr=log,
        start_new_session=True,
    )


def _wanted(container: Container, words: list[str], beside: int) -> Wanted:
    paths, spec = container.paths, container.spec
    own = [path for path in (*paths.roots, "/var/tmp") if path not in paths.mounts]
    binds = {path: (path, writable) for path, writable in paths.shown.items()}
    binds |= {path: (str(folder), True) for path, folder in paths.mounts.items()}
    given = [str(variable.get("value", "")) for variable in spec.get("env", [])]
    text = "\n".join([*words, str(spec.get("source", "")), *given])
    workdir = "/" if container.folder == paths.own else spec.get("workingDir") or str(container.folder)
    return Wanted(os.path.abspath(paths.own), own, binds, text, beside, words, container.environment, workdir)
