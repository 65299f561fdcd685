"""A Git repository at one revision as an origin of documents."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from runtime.errors import InputError, TryAgain
from runtime.services import Credentials
from runtime.words import mask

from index.origins.choice import Choice
from index.origins.original import Original, Skipped, unfit

_SECONDS = 1800
_UNANSWERED = ("Could not resolve", "timed out", "Connection", "unable to connect", "early EOF", "HTTP 5")
_KINDS = {"120000": "a link", "160000": "a submodule"}


class Repository:
    """Gives the files of a revision; a file's stamp is its Git object.

    Args:
        url: of the repository: https, ssh, git or file.
        revision: a branch, a tag or a commit; "" for the server's default branch.
        choice: which files are wanted.
        held: how the server knows us; None where it asks nobody.
    """

    def __init__(self, url: str, revision: str, choice: Choice, held: Credentials | None = None) -> None:
        self._url, self._revision, self._choice, self._held = url, revision or "HEAD", choice, held

    def documents(self, former: Mapping[str, str]) -> Iterator[Original | Skipped]:
        """Yield each file; only what has another Git object is read."""
        with tempfile.TemporaryDirectory(prefix="source-") as folder:
            self._git(folder, "init", "-q", "--bare")
            self._git(folder, "fetch", "-q", "--depth", "1", "--no-tags", "--", self._url, self._revision)
            listing = self._git(folder, "ls-tree", "-r", "-z", "-l", "--full-tree", "FETCH_HEAD")
            rows = [line.split(b"\t", 1) for line in listing.split(b"\0") if line]
            with _Blobs(folder) as blobs:
                for facts, path in sorted(rows, key=lambda row: os.fsdecode(row[1])):
                    mode, _, digest, size = facts.decode().split()
                    yield self._file(blobs, os.fsdecode(path), (mode, digest, size), former)

    def _file(
        self, blobs: _Blobs, name: str, facts: tuple[str, str, str], former: Mapping[str, str]
    ) -> Original | Skipped:
        mode, digest, size = facts
        if kind := _KINDS.get(mode):
            return Skipped(name, kind)
        if why := self._choice.refusal(name):
            return Skipped(name, why)
        if skipped := unfit(name, int(size)):
            return skipped
        if former.get(name) == digest:
            return Original(name, digest)
        return Original(name, digest, blobs.read(digest))

    def _git(self, folder: str, *words: str) -> bytes:
        try:
            done = subprocess.run(
                ["git", *words], cwd=folder, env=_environment(folder, self._held), capture_output=True, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise TryAgain(f"{mask(self._url)}: git {words[0]} took more than {_SECONDS} s") from error
        if done.returncode == 0:
            return done.stdout
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        why = next((line for line in reversed(lines) if line.startswith("fatal: ")), "\n".join(lines[-1:]))
        message = f"{mask(self._url)}: git {words[0]} of {self._revision} failed: {mask(why.removeprefix('fatal: '))}"
        raise (TryAgain if any(sign in why for sign in _UNANSWERED) else InputError)(message)


class _Blobs:
    """Reads Git objects, by one process for all."""

    def __init__(self, folder: str) -> None:
        words = ["git", "cat-file", "--batch"]
        self._process = subprocess.Popen(
            words, cwd=folder, env=_environment(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def read(self, digest: str) -> bytes:
        """Return an object's bytes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{digest}\n".encode())
        self._process.stdin.flush()
        head = self._process.stdout.readline().split()
        if len(head) != 3:
            raise TryAgain(f"git has no object {digest}")
        data = self._process.stdout.read(int(head[2]) + 1)
        return data[:-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def _environment(folder: str, held: Credentials | None = None) -> dict[str, str]:
    """Return the variables that git is started with: no question to a terminal, no transport that runs a command."""
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    environment |= {
        "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file",
        "GIT_CEILING_DIRECTORIES": str(Path(folder).parent),
    }
    environment.setdefault("HOME", folder)
    if held:
        # By the environment, so that it shows in no list of processes.
        header = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader"}
        environment |= {**header, "GIT_CONFIG_VALUE_0": f"Authorization: {held.header}"}
    return environment
