"""The tree at a commit, read from git without touching the working tree."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path

_LINK = "120000"  # git's mode of a symbolic link


class HistoryError(Exception):
    """git cannot tell; the text says why and what to do."""


def resolve(root: Path, revision: str) -> str:
    """Return the full hash of a commit.

    Raises:
        HistoryError: the repository does not have it.
    """
    try:
        return (
            _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
            .decode()
            .strip()
        )
    except HistoryError as error:
        if str(error):
            raise
        raise HistoryError(f"there is no commit {revision} in this clone; run: git fetch --unshallow") from error


def merge_base(root: Path, commit: str, other: str) -> str:
    """Return the last common ancestor of two commits.

    Raises:
        HistoryError: this clone does not reach back that far.
    """
    try:
        return _git(root, "merge-base", commit, other).decode().strip()
    except HistoryError as error:
        raise HistoryError(
            f"{commit} and {other} have no commit in common in this clone; run: git fetch --unshallow"
        ) from error


def export(root: Path, commit: str, paths: Sequence[str], into: Path) -> None:
    """Write those of `paths` (relative to the tree's root) that the commit has into the folder `into`.

    Every file as it was committed: `git archive` would leave out or rewrite what a .gitattributes of the commit names.

    Raises:
        HistoryError: the commit holds a link that leads out of the tree.
    """
    listed = _git(root, "ls-tree", "-r", "-z", commit, "--", *paths).decode(errors="surrogateescape").split("\0")
    entries = [entry.split("\t", 1) for entry in listed if entry]
    blobs = [(*facts.split(), path) for facts, path in entries if facts.split()[1] == "blob"]
    contents = _objects(root, [name for _, _, name, _ in blobs])
    for (mode, _, _, path), data in zip(blobs, contents, strict=True):
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if mode == _LINK:
            _link(target, data or b"", into, f"commit {commit[:12]} holds what cannot be read safely: {path}")
        else:
            target.write_bytes(data or b"")


def _link(target: Path, data: bytes, into: Path, what: str) -> None:
    """Make a link that stays in the folder; a commit has no file below it."""
    leads_to = os.fsdecode(data)
    aim = os.path.normpath(target.parent / leads_to)
    if os.path.isabs(leads_to) or not Path(aim).is_relative_to(into):
        raise HistoryError(f"{what} is a link that leads out of the tree")
    if target.is_dir():  # one that `exported` made
        target.rmdir()
    target.symlink_to(leads_to)


@contextmanager
def exported(root: Path, commit: str, paths: Sequence[str]) -> Iterator[Path]:
    """Yield a folder with what `export` writes, a tree even where the commit has none; it is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="dac-commit-") as name:
        tree = Path(name).resolve()
        for part in ("standards", "projects"):
            (tree / part).mkdir()
        export(root, commit, paths, tree)
        yield tree


def changed_paths(root: Path, commit: str) -> list[str]:
    """Return the paths below the root that differ between a commit and the working tree, new files among them."""
    differing = _git(root, "diff", "--name-only", "--no-renames", "--relative", "-z", commit, "--", ".")
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    return sorted({path for path in (differing + untracked).decode(errors="surrogateescape").split("\0") if path})


def uncommitted(root: Path, *folders: str) -> bool:
    """Whether the working tree, or some folders of it, differ from the commit that it stands on."""
    return bool(_git(root, "status", "--porcelain", "--", *(folders or (".",))))


def files(root: Path, commit: str, folder: str) -> list[str]:
    """Return the paths of the files at or below a folder of a commit, relative to the root."""
    listed = _git(root, "ls-tree", "-r", "--name-only", "-z", commit, "--", f"{folder}/")
    return [path for path in listed.decode(errors="surrogateescape").split("\0") if path]


def commits(root: Path, paths: Sequence[str]) -> list[str]:
    """Return the commits that changed any of `paths`, newest first."""
    return _git(root, "log", "--format=%H", "--", *paths).decode().split()


def committed_on(root: Path, commit: str) -> date:
    """Return the day of a commit, in its committer's zone."""
    return date.fromisoformat(_git(root, "show", "-s", "--format=%cs", commit).decode().strip())


def texts(root: Path, names: Sequence[tuple[str, str]]) -> Iterator[bytes | None]:
    """Yield the bytes of each (commit, path), None if the commit has no such file; one git serves them all."""
    # The tree may be a folder of a larger repository: `./` is that folder.
    return _objects(root, [f"{commit}:./{path}" for commit, path in names])


def _objects(root: Path, names: Sequence[str]) -> Iterator[bytes | None]:
    # A line break would shift all answers behind it; no file with one in its name is read.
    wanted = "".join("missing\n" if "\n" in name else f"{name}\n" for name in names)
    output = BytesIO(_git(root, "cat-file", "--batch", stdin=wanted.encode(errors="surrogateescape")))
    for _ in names:
        head = output.readline().split()
        if len(head) != 3 or head[1] != b"blob":
            yield None
            continue
        yield output.read(int(head[2]))
        output.read(1)


def _git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    environment = {name: value for name, value in os.environ.items() if _kept(name)} | {"GIT_NO_REPLACE_OBJECTS": "1"}
    command = ["git", "-C", str(root), *arguments]
    try:
        run = subprocess.run(command, input=stdin, capture_output=True, check=False, env=environment)
    except FileNotFoundError as error:
        raise HistoryError("git is not installed; install it") from error
    if run.returncode:
        raise HistoryError(run.stderr.decode(errors="replace").strip().removeprefix("fatal: ").split("\n")[0])
    return run.stdout


def _kept(name: str) -> bool:
    """Whether git gets a variable: not those by which it reads another repository than the tree's, as in a hook."""
    return not name.startswith("GIT_") or name.startswith(("GIT_CONFIG", "GIT_CEILING_DIRECTORIES"))
