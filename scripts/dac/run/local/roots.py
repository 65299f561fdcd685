"""Containers in roots of their own: asks `dac.roots` to start them, and says what of this machine they see.

A process in such a root sees its container's paths as they are written. `/tmp`, `/work`, what it declares and what its
volumes are mounted at are its own; of anything else it sees what this machine has, and what it writes there lies in its
own folder all the same.
"""

from __future__ import annotations

import asyncio
import marshal
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import dac
from dac.roots.root import NO_PROGRAM, Wanted
from dac.run.local.group import signal_group
from dac.run.local.sandbox import PathMap

_ADDRESS = re.compile(r"(?<![\w.\-/])/[\w.\-+@%/]+|(?<=file://)/[\w.\-+@%/]+")
_SERVE = "import sys; sys.path.append(sys.argv[1]); from dac.roots.launcher import main; main(*sys.argv[2:])"
_SYSTEM = ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr")


class Unavailable(Exception):
    """This machine gives its user's programs no roots of their own; the message says why."""


class NoProgram(Exception):
    """A container's command is not a program; the message is the runtime's."""

    def __init__(self, name: str) -> None:
        super().__init__(f'exec: "{name}": executable file not found in $PATH')


class Process:
    """A program in a root of its own, as asyncio's processes are."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        self._descriptor = os.pidfd_open(pid)
        self._loop.add_reader(self._descriptor, self._end)

    def _end(self) -> None:
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._ended.set_result(self.returncode)

    async def wait(self) -> int:
        """Return its exit code when it has ended; that of a signal is negative."""
        code: int = await asyncio.shield(self._ended)
        return code


class Roots:
    """What starts programs in roots of their own, for one run.

    Args:
        state: the state folder, in which the containers' folders lie.

    Raises:
        Unavailable: it cannot.
    """

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        state = state.resolve()
        self._scratch = tempfile.mkdtemp(prefix=".roots-", dir=state)
        self._channel, theirs = socket.socketpair()
        words = [str(Path(dac.__file__).parents[1]), str(theirs.fileno()), str(state), self._scratch]
        with theirs:
            self._launcher = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _SERVE, *words],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # an interrupt is for the runner
            )
        with self._channel.makefile("rb") as answers:
            answer = answers.read(int.from_bytes(answers.read(4), "big"))
        if reason := marshal.loads(answer) if answer else "the process that makes them ended":
            self.close()
            raise Unavailable(reason)
        self._channel.setblocking(False)
        self._turn = asyncio.Lock()

    def close(self) -> None:
        """Give up; what still runs in a root goes on."""
        self._channel.close()
        self._launcher.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)

    async def start(self, wanted: Wanted, out: int, log: int) -> Process:
        """Start a program.

        Args:
            wanted: the program, and its root.
            out: descriptor of its standard output.
            log: of its standard error.

        Raises:
            NoProgram: there is no such program.
            OSError: it cannot be started.
        """
        # Whole, or not at all: whoever gives up before its turn asks for nothing, as its descriptors are closed then;
        # later the exchange goes on by itself, and what it started is ended.
        await self._turn.acquire()
        begun = asyncio.ensure_future(self._start(wanted, out, log))
        try:
            return await asyncio.shield(begun)
        except asyncio.CancelledError:
            begun.add_done_callback(_end)
            raise

    async def _start(self, wanted: Wanted, out: int, log: int) -> Process:
        data, loop = marshal.dumps(tuple(wanted)), asyncio.get_running_loop()
        try:
            socket.send_fds(self._channel, [len(data).to_bytes(4, "big")], [out, log])
            await loop.sock_sendall(self._channel, data)
            size = int.from_bytes(await self._received(4), "big")
            pid, problem = marshal.loads(await self._received(size))
        finally:
            self._turn.release()
        process = Process(pid)
        if problem:
            await process.wait()
            if problem == NO_PROGRAM:
                raise NoProgram(wanted.command[0])
            raise OSError(problem)
        return process

    async def _received(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = await asyncio.get_running_loop().sock_recv(self._channel, size - len(data))
            if not more:
                raise OSError("the process that gives containers their roots ended")
            data += more
        return data


def _end(begun: asyncio.Task[Process]) -> None:
    """End the program of a start that was given up, if there is one."""
    if not begun.cancelled() and begun.exception() is None:
        signal_group(begun.result().pid, signal.SIGKILL)


def visible(values: Iterable[str], paths: PathMap) -> Iterator[str]:
    """Yield what of this machine a container is to see although it lies in one of its own folders.

    That is what a value leads to by links: a program, a program's folder. Where that is missing, and the nearest folder
    is all of `/tmp` or another of its own, the container is to make it there.
    """
    for match in _addresses(values):
        for path in _linked(match):
            seen = next((each for each in _holders(path) if paths.is_own(each)), "")
            if seen and seen not in paths.roots:
                yield seen


def addressed(values: Iterable[str], paths: PathMap) -> Iterator[str]:
    """Yield what of this machine a container may write to: what a value names, or the folder that is to hold it."""
    for path in _addresses(values):
        while not os.path.exists(path):
            path = os.path.dirname(path)
        of_system = any(path == top or path.startswith(f"{top}/") for top in _SYSTEM)
        if path != "/" and not of_system and path not in paths.roots:
            yield path


def _addresses(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        for match in _ADDRESS.finditer(value):
            yield os.path.normpath(match[0])


def _linked(path: str) -> Iterator[str]:
    """Yield a path and what it leads to, link by link; of one that is missing, the nearest folder that is not."""
    while not os.path.exists(path):  # nor does one whose links lead round in a circle
        path = os.path.dirname(path)
    yield path
    passed = "/"
    for name in path.split("/")[1:]:
        if os.path.islink(link := os.path.join(passed, name)):
            rest = path[len(link) :].lstrip("/")
            yield from _linked(os.path.normpath(os.path.join(passed, os.readlink(link), rest)))
            return
        passed = link


def _holders(path: str) -> Iterator[str]:
    """Yield what is to be seen for a path, best first: what lies in `bin` needs the libraries beside it."""
    folder = path if os.path.basename(path) == "bin" else os.path.dirname(path)
    if os.path.basename(folder) == "bin":
        yield os.path.dirname(folder)
    yield path
