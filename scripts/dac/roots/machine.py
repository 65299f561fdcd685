"""This machine as the programs of a run see it: the namespace that the roots of all are copies of, made once."""

from __future__ import annotations

import os
import re
import stat
from typing import NamedTuple

from dac.roots import mounts

TERMINATION, SHARED_MEMORY = "/dev/termination-log", "/dev/shm"
# What a container has in /dev, and the accelerators of this machine.
_DEVICES = re.compile(r"null|zero|full|u?random|tty|ptmx|pts|mqueue|fd|std(in|out|err)|nvidia.*|dri|kfd|infiniband")


class Machine(NamedTuple):
    """What the roots of a run share.

    Attributes:
        mounts: where something is mounted.
        locked: whether the kernel keeps them together, so that no overlay can be laid over a folder with one below.
        sockets: which its user may speak to; an overlay has none of those below it.
        writable: folders that its user may write to.
        devices: the folder that is `/dev` in a root.
    """

    mounts: list[str]
    locked: bool
    sockets: list[str]
    writable: list[str]
    devices: str


def prepared(state: str, scratch: str) -> Machine:
    """Enter a mount namespace in which this machine can only be read, but for the state folder.

    Args:
        state: the state folder.
        scratch: an empty folder in it.

    Raises:
        OSError: this machine lets its user have none, or lets none write to the state folder by an overlay.
    """
    mounted, sockets, writable = _mounted(), _sockets(), _writable()
    is_root = _enter()
    around = Machine(mounted, not is_root, sockets, writable, f"{scratch}/dev")
    mounts.set_read_only("/", True, mounts.BELOW)
    mounts.set_read_only("/proc", False)
    if is_root:
        mounts.mount("/proc/sys", "/proc/sys")
        mounts.set_read_only("/proc/sys", True)
    mounts.mount(state, state)
    mounts.set_read_only(state, False)
    os.chdir(scratch)
    for name in ("dev", "lower", "upper", "work", "merged"):
        os.mkdir(name)
    if not mounts.overlay("lower", "upper", "work", "merged"):
        raise OSError("its file system cannot be written by an overlay")
    mounts.unmount("merged")
    _make_devices(around.devices)
    os.chdir("/")
    return around


def _enter() -> bool:
    """Enter a mount namespace; return whether this machine's own root does."""
    if os.geteuid() == 0:
        try:
            mounts.unshare()
        except PermissionError:  # root of a container
            pass
        else:
            return True
    mounts.unshare(user_too=True)
    return False


def _mounted() -> list[str]:
    with open("/proc/self/mountinfo") as file:
        paths = {re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), line.split()[4]) for line in file}
    return sorted(path for path in paths if os.path.exists(path))


def _sockets() -> list[str]:
    with open("/proc/net/unix") as file:
        paths = {os.path.realpath(line.split(None, 7)[7].rstrip("\n")) for line in file if " /" in line}
    return sorted(path for path in paths if os.access(path, os.W_OK) and stat.S_ISSOCK(os.stat(path).st_mode))


def _writable() -> list[str]:
    paths = [os.path.expanduser("~"), *(f"/{name}" for name in os.listdir("/"))]
    return [path for path in paths if os.path.isdir(path) and os.access(path, os.W_OK)]


def _make_devices(folder: str) -> None:
    mounts.mount("tmpfs", folder, "tmpfs", "mode=755")
    os.mkdir(f"{folder}/shm")
    make_file(f"{folder}/termination-log")
    for name in filter(_DEVICES.fullmatch, os.listdir("/dev")):
        source, target = f"/dev/{name}", f"{folder}/{name}"
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
            continue
        if os.path.isdir(source):
            os.mkdir(target)
        else:
            make_file(target)
        mounts.mount(source, target)
    mounts.set_read_only(folder, True)


def make_file(path: str) -> None:
    """Make an empty file where there is none."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))
