"""The root of one container, laid by the process that is to be in it.

A folder of this machine lies over the container's by an overlay where it may be written: what is written there lands in
the container's folder. Elsewhere it lies there as it is, to be read only. What is the container's own lies over that.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from dac.roots import mounts
from dac.roots.machine import SHARED_MEMORY, TERMINATION, Machine, make_file

NO_PROGRAM = "no such program"  # why a command was not started


class Wanted(NamedTuple):
    """What is to run in a root.

    Attributes:
        folder: what is `/` in it.
        own: its own paths.
        binds: paths -> what of this machine lies there, and whether it can be written.
        text: in which the paths stand that it may write to.
        beside: a process whose root it shares; 0 for one of its own.
        command: program and arguments.
        environment: all of it.
        workdir: where it starts.
    """

    folder: str
    own: list[str]
    binds: dict[str, tuple[str, bool]]
    text: str
    beside: int
    command: list[str]
    environment: dict[str, str]
    workdir: str


class Root:
    """A root to be entered.

    Args:
        machine: which this process is in.
        wanted: what is to run in it.
    """

    def __init__(self, machine: Machine, wanted: Wanted) -> None:
        self.machine, self.folder, self.binds, self.text = machine, wanted.folder, wanted.binds, wanted.text
        self.own = [path for path in wanted.own if not any(_below(path, other) for other in wanted.own)]
        self.absent = [path for path in (*self.own, *self.binds) if not os.path.lexists(path)]
        self.laid: set[str] = set()  # what is its own already, as no folder of this machine lies over it
        self.overlays = 0

    def enter(self) -> None:
        """Enter it for good."""
        mounts.unshare()
        os.chdir(self.folder)  # from where paths lead below what is mounted next
        for path in (TERMINATION, *(path for path in self.own if path in self.absent)):
            os.makedirs(f".{os.path.dirname(path)}", exist_ok=True)
        make_file(f".{TERMINATION}")
        mounts.mount(self.folder, self.folder)
        self._lay("/")
        mounts.mount(f".{TERMINATION}", self.folder + TERMINATION)
        for path in self.own:
            if path not in self.laid and not _in(path, "/dev") and os.path.isdir(path):
                os.makedirs(f".{path}", exist_ok=True)
                mounts.mount(f".{path}", self._made(path, True))
        if any(_in(path, SHARED_MEMORY) for path in self.own):
            os.makedirs(f".{SHARED_MEMORY}", exist_ok=True)
            mounts.mount(f".{SHARED_MEMORY}", self.folder + SHARED_MEMORY)
        else:
            mounts.mount("tmpfs", self.folder + SHARED_MEMORY, "tmpfs", "mode=1777")
        for path, (source, writable) in sorted(self.binds.items()):
            target = self._made(path, os.path.isdir(source))
            mounts.mount(source, target)
            if writable:
                mounts.set_read_only(target, False)
        mounts.change_root(self.folder)

    def _lay(self, path: str) -> None:
        """Lay what this machine has at a path over the container's folder."""
        target = self.folder + path
        if path in self.own:
            self.laid.add(path)
            _make_folder(target)
        elif os.path.islink(path):
            if not os.path.lexists(target):
                os.symlink(os.readlink(path), target)
        elif not os.path.isdir(path):
            make_file(target)
            mounts.mount(path, target)
        else:
            _make_folder(target)
            if path == "/dev":
                mounts.mount(self.machine.devices, target)
            elif path in ("/proc", "/sys") or not self._is_needed(path):
                mounts.mount(path, target)
            elif os.access(path, os.R_OK | os.X_OK):
                self._lay_over(path, target)

    def _lay_over(self, path: str, target: str) -> None:
        """Lay a folder by an overlay; where there can be none, as over mounts of another user's, what it holds."""
        below = [mount for mount in self.machine.mounts if _below(mount, path)]
        if not (below and self.machine.locked) and self._overlay(path, target):
            for mount in below:
                if not any(_below(mount, other) for other in below) and not self._is_own(mount):
                    self._lay(mount)
            for socket in self.machine.sockets:
                if _below(socket, path) and not self._is_own(socket) and not any(_in(socket, mount) for mount in below):
                    mounts.mount(socket, self.folder + socket)
        elif below:
            for name in sorted(os.listdir(path)):
                self._lay(f"{path.rstrip('/')}/{name}")
        else:
            mounts.mount(path, target)

    def _overlay(self, path: str, target: str) -> bool:
        work = f"../{os.path.basename(self.folder)}.work/{self.overlays}"
        self.overlays += 1
        os.makedirs(work, exist_ok=True)
        return mounts.overlay(path, f".{path.rstrip('/')}", work, target)

    def _is_needed(self, path: str) -> bool:
        needed = (*self.absent, *self.machine.writable)
        return path == "/" or path in self.text or any(_in(other, path) for other in needed)

    def _is_own(self, path: str) -> bool:
        return any(_in(path, own) for own in self.own)

    def _made(self, path: str, is_folder: bool) -> str:
        """Make what is mounted over, where links lead within the root; return its path."""
        root, here = os.open("/", os.O_PATH), os.open(".", os.O_PATH)
        os.chroot(self.folder)
        os.makedirs(path if is_folder else os.path.dirname(path), exist_ok=True)
        if not is_folder and not os.path.exists(path):
            make_file(path)
        made = self.folder + os.path.realpath(path)
        os.fchdir(root)
        os.chroot(".")
        os.fchdir(here)
        os.close(root)
        os.close(here)
        return made


def _make_folder(path: str) -> None:
    if not os.path.isdir(path):
        os.mkdir(path)


def _below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder.rstrip('/')}/") and path != folder


def _in(path: str, folder: str) -> bool:
    return path == folder or _below(path, folder)
