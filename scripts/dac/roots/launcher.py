"""Starts programs in roots of their own, as children of the runner that asks for them.

It is a process of its own, since a fork of the runner costs several milliseconds and one of this a fraction of one. It
ends with the runner: when nobody is left at the other end of its socket.
"""

from __future__ import annotations

import marshal
import os
import signal
import socket
from typing import Any, NoReturn

from dac.roots import mounts
from dac.roots.machine import Machine, prepared
from dac.roots.root import NO_PROGRAM, Root, Wanted


def main(descriptor: str, state: str, scratch: str) -> None:
    """Prepare, say how that went, and serve until the other end is closed."""
    channel = socket.socket(fileno=int(descriptor))
    channel.set_inheritable(False)
    try:
        machine = prepared(state, scratch)
    except (OSError, AttributeError) as error:  # a kernel without them, or a C library
        _send(channel, str(error))
    else:
        _send(channel, "")
        _serve(channel, machine)


def _serve(channel: socket.socket, machine: Machine) -> None:
    while True:
        size, files, _, _ = socket.recv_fds(channel, 4, 2)
        if not size:
            return
        wanted = Wanted(*marshal.loads(_received(channel, int.from_bytes(size, "big"))))
        _send(channel, _started(machine, wanted, files))
        for file in files:
            os.close(file)


def _started(machine: Machine, wanted: Wanted, files: list[int]) -> tuple[int, str]:
    """Start a program; return its process, and what kept it from starting."""
    reading, writing = os.pipe()
    process = mounts.fork_sibling()
    if not process:
        try:
            _become(machine, wanted, files)
        except BaseException as error:
            os.write(writing, str(error).encode())
        os._exit(127)
    os.close(writing)  # as the program's own start does
    with os.fdopen(reading, "rb") as answer:
        return process, answer.read().decode()


def _become(machine: Machine, wanted: Wanted, files: list[int]) -> NoReturn:
    os.setsid()
    for number, file in enumerate((os.open("/dev/null", os.O_RDONLY), *files)):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores
        signal.signal(number, signal.SIG_DFL)
    if wanted.beside:
        mounts.join(wanted.beside)
    else:
        Root(machine, wanted).enter()
        os.makedirs(wanted.workdir, exist_ok=True)  # as a runtime does
    os.chdir(wanted.workdir)
    name, *arguments = wanted.command
    program = _program(name, wanted.environment.get("PATH", ""))
    os.execve(program, [program, *arguments], wanted.environment)


def _program(name: str, path: str) -> str:
    files = [name] if "/" in name else [f"{folder}/{name}" for folder in path.split(":")]
    for file in files:
        if os.path.isfile(file) and os.access(file, os.X_OK):
            return file
    raise FileNotFoundError(NO_PROGRAM)


def _send(channel: socket.socket, message: Any) -> None:
    data = marshal.dumps(message)
    channel.sendall(len(data).to_bytes(4, "big") + data)


def _received(channel: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := channel.recv(size - len(data))):
        data += more
    return data
