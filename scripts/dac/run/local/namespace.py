"""A container's own root: a mount namespace in which its folder is `/`, and this machine's folders lie over it.

A process that is started in it sees its container's paths as they are written: `/tmp`, `/work`, what it declares and
what its volumes are mounted at are its own, anything else is this machine's, and what it makes at the root stays in its
folder. Nothing that is mounted there is seen outside, and it is gone with the last of the processes.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dac.run.local.sandbox import PathMap

_NEWNS, _NEWUSER = 0x20000, 0x10000000
_BIND = 0x1000 | 0x4000  # with what is mounted below
_PRIVATE = 0x40000 | 0x4000
_DETACH = 2
_MEMORY = "tmpfs"  # in place of a folder of this machine: a file system in memory, the container's alone
# What a container has in /dev, and the accelerators of this machine.
_DEVICES = re.compile(r"null|zero|full|u?random|tty|ptmx|pts|shm|mqueue|fd|std(in|out|err)|nvidia.*|dri|kfd|infiniband")
_ADDRESS = re.compile(r"(?<![\w.\-/])/[\w.\-+@%/]+|(?<=file://)/[\w.\-+@%/]+")


@dataclass(frozen=True, slots=True)
class Root:
    """The root of one container.

    Attributes:
        folder: what is `/` in it.
        binds: paths of this machine, and where they lie below the folder.
    """

    folder: str
    binds: tuple[tuple[str, str], ...]

    def enter(self, workdir: str) -> None:
        """Enter it for good; called in a process of its own, before its program."""
        try:
            _unshare()
            self._mount()
            os.chdir(workdir)
        except OSError as error:
            os.write(2, f"the container's root: {error}\n".encode())  # the log: what is raised here is lost
            raise

    def _mount(self) -> None:
        libc = _libc()
        for source, target in self.binds:
            kind, flags = (_MEMORY.encode(), 0) if source == _MEMORY else (None, _BIND)
            _checked(libc.mount(source.encode(), target.encode(), kind, flags, None), target)
        os.chdir(self.folder)
        _checked(libc.pivot_root(b".", b"."), "pivot_root")
        _checked(libc.umount2(b".", _DETACH), "umount2")
        os.chdir("/")


def root_of(paths: PathMap) -> Root:
    """Return a container's root; what its mounts lie over is made in its folder."""
    folder = os.path.abspath(paths.own)
    plan = {**{path: path for path in paths.visible}, **{path: str(host) for path, host in paths.mounts.items()}}
    own = {*paths.roots, "/var/tmp"} - set(plan)
    binds = [(folder, folder)]  # only what is mounted can be a root

    def lay(path: str, is_own: bool) -> None:
        """Lay this machine's folder over the container's, or each of what it holds where some of it is its own."""
        target = f"{folder}{path}"
        is_own = is_own or path in own
        deeper = [other[len(path.rstrip("/")) + 1 :].partition("/")[0] for other in (*own, *plan) if _in(other, path)]
        if path in plan or (is_own and not deeper):
            return
        if path == "/dev/shm":
            _stub(path, target)
            binds.append((_MEMORY, target))
        elif is_own or deeper or path == "/dev":
            os.makedirs(target, exist_ok=True)
            names = [] if is_own else [name for name in _names(path) if path != "/dev" or _DEVICES.fullmatch(name)]
            for name in sorted({*names, *deeper}):
                lay(f"{path.rstrip('/')}/{name}", is_own)
        elif os.path.islink(path):
            if not os.path.lexists(target):
                os.symlink(os.readlink(path), target)
        elif os.path.exists(path):
            _stub(path, target)
            binds.append((path, target))

    os.makedirs(f"{folder}/var/tmp", exist_ok=True)
    lay("/", False)
    for path in sorted(plan):
        around = max((other for other in plan if _in(path, other)), key=len, default="")
        if around not in paths.visible or path not in paths.visible:
            _stub(plan[path], f"{plan[around]}{path[len(around) :]}" if around else f"{folder}{path}")
            binds.append((plan[path], f"{folder}{path}"))
    return Root(folder, tuple(binds))


def visible(values: Iterable[str], paths: PathMap) -> Iterator[str]:
    """Yield what of this machine a container sees although it lies in one of its own folders.

    That is what a value names that this machine gave it: a program, a program's folder, an address; or else the folder
    that is to hold it; and what the links on the way there lead to.
    """
    roots = {*paths.roots, "/var/tmp"}
    for value in values:
        for match in _ADDRESS.finditer(value):
            for path in _linked(os.path.normpath(match[0])):
                if seen := next((each for each in _holders(path) if any(_in(each, root) for root in roots)), ""):
                    yield seen


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


def unavailable() -> str:
    """Why processes cannot be given roots of their own on this machine; empty where they can."""
    try:
        subprocess.run(["true"], preexec_fn=_unshare, check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError, AttributeError):  # a kernel without them, or another system
        return "this machine lets its user have no mount namespace"
    return ""


def _unshare() -> None:
    user, group = os.geteuid(), os.getegid()
    if user == 0 and _libc().unshare(_NEWNS) == 0:
        _checked(_libc().mount(b"none", b"/", None, _PRIVATE, None), "/")
        return
    _checked(_libc().unshare(_NEWUSER | _NEWNS), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path("/proc/self", name).write_text(text)


def _checked(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _names(path: str) -> tuple[str, ...]:
    try:
        return tuple(os.listdir(path))
    except OSError:
        return ()


def _in(path: str, folder: str) -> bool:
    return path.startswith(f"{folder.rstrip('/')}/") and path != folder


def _stub(source: str, target: str) -> None:
    """Make what a path is mounted over: a folder, or an empty file."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.lexists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o666))
