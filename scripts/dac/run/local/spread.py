"""Tells a file system that what is in a folder has nothing to do with each other."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

# linux/fs.h; the flags are read and written as an int, whatever the numbers say.
_GET_FLAGS, _SET_FLAGS, _TOP = 0x80086601, 0x40086602, 0x00020000


def spread(folder: Path) -> None:
    """Make a folder whose own folders ext4 lays far from one another, as it does with home directories.

    Each step makes and removes some dozens of files and folders, the kernel's own for its root among them. ext4 uses no
    inode again for a minute after it was freed (`recently_deleted` of fs/ext4/ialloc.c), and passes over those one by
    one: where all lie in one part of the disk, to make a file takes seven times as long after some thousand steps.
    Another file system has no such flag, and needs none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        flags = int.from_bytes(fcntl.ioctl(descriptor, _GET_FLAGS, bytes(8))[:4], "little")
        fcntl.ioctl(descriptor, _SET_FLAGS, (flags | _TOP).to_bytes(8, "little"))
    except OSError:
        pass
    finally:
        os.close(descriptor)
