"""A pod's files on this machine: each pod has a folder, and a container's absolute paths lie in it.

The rule. A pod declares absolute paths: the mount paths of its volumes, the paths of its artifacts and parameters,
and always /work, /tmp and /argo. The path of a mount lies in the volume's folder, which all containers of the pod
share; any other lies in the container's own. In command, args and a script's source each declared path is replaced
where it stands by itself: at the start, or after a character that is not part of a path (a letter, a digit, . _ - / }
or a closing parenthesis; `file://` before it is fine), and followed by /, or by a character that is not part of a
name. In a variable's value it is replaced only where the value as a whole is such a path, a file:// address of one,
or a list of them with colons: any other text is data, and a value from a ConfigMap, a Secret or a field is this
machine's already. What a program then says of its own paths is turned back in its
outputs. Other absolute paths are this machine's.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

_MOST_LINKS = 200  # steps on the way to a file; more is a circle
ALWAYS = ("/work", "/tmp", "/argo")


class PathMap:
    """Absolute paths of one container to folders of this machine.

    Args:
        own: folder of the container's own files.
        mounts: mount path -> folder.
        declared: further absolute paths that are the container's.
    """

    def __init__(
        self, own: Path, mounts: Mapping[str, Path], declared: Iterable[str], *, mounted: bool = False
    ) -> None:
        self.own, self.mounted = own, mounted
        self.shown: dict[str, bool] = {}  # of this machine, where a root of its own has its own; whether to be written
        self.mounts = {_clean(path): folder for path, folder in mounts.items()}
        # As they are before anything of the container runs, which could put a link in a folder's place.
        self._real = [os.path.realpath(folder) for folder in (own, *mounts.values())]
        roots = {*self.mounts, *ALWAYS, *(_clean(path) for path in declared if path.startswith("/"))} - {"/"}
        self.roots = sorted(roots, key=lambda root: (-len(root), root))
        names = "|".join(map(re.escape, self.roots))
        self._place = re.compile(rf"(?:(?<=file://)|(?<![\w.\-/}})]))(?:{names})(?=/|[^\w.\-]|$)")
        self._whole = re.compile(rf"(?:file://)?(?:{names})(?:/[^:\s]*)?(?::(?:{names})(?:/[^:\s]*)?)*")

    def host(self, path: str) -> Path:
        """Return where a container's path lies on this machine; a path that is not the container's stays."""
        path = _clean(path)
        inside = [mount for mount in self.mounts if path == mount or path.startswith(mount + "/")]
        if inside:
            mount = max(inside, key=len)
            return self.mounts[mount] / path[len(mount) :].lstrip("/")
        if any(path == seen or path.startswith(seen + "/") for seen in self.shown):
            return Path(path)
        if self.mounted or self.is_own(path):
            return self.own / path.lstrip("/")
        return Path(path)

    def is_own(self, path: str) -> bool:
        """Return whether nothing of this machine lies at a path unless it is shown there."""
        return any(path == root or path.startswith(root + "/") for root in self.roots)

    def inside(self, path: str) -> Path:
        """Return the host's path of a file that is the container's own, with every link on the way followed.

        Raises:
            PermissionError: it lies outside of the container's folder and its volumes, or a link leads out of them.
        """
        host = self._followed(path) if self.mounted else self.host(path)
        if not any(Path(os.path.realpath(host)).is_relative_to(folder) for folder in self._real):
            raise PermissionError(errno.EPERM, "it leads out of the step's own folder", path)
        return host

    def _followed(self, path: str) -> Path:
        """Return where a path leads whose links are the container's own, from its own root.

        Raises:
            OSError: its links lead in a circle.
        """
        left, at = list(PurePosixPath(_clean(path)).parts[1:]), "/"
        for _ in range(_MOST_LINKS + len(left)):
            if not left:
                return self.host(at)
            at = os.path.normpath(os.path.join(at, left.pop(0)))
            host = self.host(at)
            if not os.path.lexists(host) and not self.is_own(at):
                host = Path(at)  # of this machine, which lies under what the container wrote
            if host.is_symlink() and at not in self.shown:
                target = os.readlink(host)
                left = [*PurePosixPath(target).parts, *left]
                at = os.path.dirname(at)
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)

    def seen(self, path: str) -> str:
        """Return what a container's path is to its own processes."""
        return path if self.mounted else str(self.host(path))

    def text(self, text: str) -> str:
        """Return command-line text with the declared paths replaced."""
        if self.mounted:
            return text
        return self._place.sub(lambda match: str(self.host(match[0])), text)

    def value(self, text: str) -> str:
        """Return a variable's value, replaced only where it is nothing but paths."""
        return self.text(text) if self._whole.fullmatch(text) else text

    def back(self, text: str) -> str:
        """Return a program's text with this machine's folders turned back into the container's paths."""
        if str(self.own.parent) not in text and not any(str(folder) in text for folder in self.mounts.values()):
            return text
        for mount, folder in sorted(self.mounts.items(), key=lambda item: -len(str(item[1]))):
            text = text.replace(str(folder), mount)
        return text.replace(f"{self.own}/", "/").replace(str(self.own), "/")

    def make_folders(self) -> None:
        """Make the folders of every mount and of /work and /tmp."""
        for folder in self.mounts.values():
            folder.mkdir(parents=True, exist_ok=True)
        for root in ("/work", "/tmp"):
            self.host(root).mkdir(parents=True, exist_ok=True)


def contained(path: Path, folder: Path) -> bool:
    """Return whether a path lies in a folder once every link is followed."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _clean(path: str) -> str:
    return str(PurePosixPath("/", path.lstrip("/"))) if path.startswith("/") else path
