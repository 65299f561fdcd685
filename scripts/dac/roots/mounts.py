"""The calls to the kernel by which a process gets a root of its own, each for the process that makes it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re

_NEWNS, _NEWUSER, _PARENT = 0x20000, 0x10000000, 0x8000
_CLONE3, _SET_ATTRIBUTES = 435, 442  # of every architecture; the C library may not know them
_BIND = 0x1000 | 0x4000  # with what is mounted below
_PRIVATE = 0x40000 | 0x4000
_DETACH = 2
BELOW = 0x8000  # what is mounted below a path too
_C = ctypes.CDLL(None, use_errno=True)


def unshare(user_too: bool = False) -> None:
    """Enter a mount namespace of one's own, with a user namespace in which that is allowed."""
    user, group = os.geteuid(), os.getegid()
    _done(_C.unshare(_NEWUSER | _NEWNS if user_too else _NEWNS), "unshare")
    if user_too:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    else:
        _done(_C.mount(b"none", b"/", None, _PRIVATE, None), "/")


def join(process: int) -> None:
    """Enter the mount namespace of a process."""
    with open(f"/proc/{process}/ns/mnt") as file:
        _done(_C.setns(file.fileno(), _NEWNS), "setns")


def mount(source: str, target: str, kind: str = "", options: str = "") -> None:
    """Mount a path over another, or a new file system of a kind."""
    how = (kind.encode(), 0, options.encode()) if kind else (None, _BIND, None)
    _done(_C.mount(os.fsencode(source), os.fsencode(target), *how), target)


def overlay(lower: str, upper: str, work: str, target: str) -> bool:
    """Mount a folder under another; return whether it could be. What the kernel keeps beside can be removed by rm."""
    lowest, upmost, working = (re.sub(r"([\\,:])", r"\\\1", path) for path in (lower, upper, work))
    options = f"lowerdir={lowest},upperdir={upmost},workdir={working},userxattr,volatile"
    failed = _C.mount(b"overlay", os.fsencode(target), b"overlay", 0, os.fsencode(options))
    kept = f"{work}/work/incompat/volatile"  # which would only refuse to mount it again
    with contextlib.suppress(FileNotFoundError):
        for folder in (f"{work}/work", f"{work}/work/incompat", kept):
            os.chmod(folder, 0o700)
        os.unlink(f"{kept}/dirty")
        os.rmdir(kept)
        os.rmdir(f"{work}/work/incompat")
    return not failed


def set_read_only(path: str, is_so: bool, flags: int = 0) -> None:
    """Let what is mounted at a path be written or not."""
    wanted = (ctypes.c_uint64 * 4)(is_so, not is_so, 0, 0)
    _done(_C.syscall(_SET_ATTRIBUTES, -100, os.fsencode(path), flags, wanted, 32), path)


def unmount(path: str) -> None:
    """Take away what is mounted at a path."""
    _done(_C.umount2(os.fsencode(path), _DETACH), path)


def change_root(folder: str) -> None:
    """Let a folder that is mounted be the root, and nothing else be seen."""
    os.chdir(folder)
    _done(_C.pivot_root(b".", b"."), "pivot_root")
    unmount(".")  # the root before, which lies over the new one


def fork_sibling() -> int:
    """Fork a process that is a child of this one's parent; return its number, or 0 in it."""
    arguments = (ctypes.c_uint64 * 8)(_PARENT)
    process: int = _C.syscall(_CLONE3, arguments, 64)
    _done(process < 0, "clone3")
    return process


def _done(failed: int, what: str) -> None:
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
