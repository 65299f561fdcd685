"""The deploy repository: where readers' deployments learn which index they have. One JSON file a pipeline.

The Secret `deploy` holds the project's own token, so that the Git server can keep each project to its own files.
"""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson
from runtime import log, services
from runtime.errors import InputError, TryAgain

_TRIES = 8
# What GitHub and GitLab take beside a token, and other hosts pass over; the Secret may have another `username`.
_USERNAME = "x-access-token"
# A push that came second is rebased and tried again; what a hook or a rule of the server declines stays declined.
_RACES = ("[rejected]", "[remote rejected]", "failed to update ref", "cannot lock ref")
_DECLINED = ("declined", "deny updating", "prohibited")
# The server does not know the token, or does not let it do this.
_DENIED = ("Authentication failed", "could not read Username", "returned error: 401", "returned error: 403")
_AUTHOR = ("-c", "user.name=dac", "-c", "user.email=dac@users.noreply.example.com", "-c", "commit.gpgsign=false")


def push(address: str, path: str, manifest: dict[str, Any], message: str) -> bool:
    """Write the manifest to `path` in the repository's default branch and return whether that changed anything.

    A push that loses a race is rebased on what won it and tried again.

    Raises:
        TryAgain: the repository does not answer, or every race was lost.
        InputError: it is not a repository, or refuses for good.
    """
    data = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
    _founded(address)
    with tempfile.TemporaryDirectory(prefix="deploy-") as folder:
        _git(folder, "clone", "-q", "--depth", "1", address, "tree")
        tree = Path(folder) / "tree"
        if (tree / path).is_file() and (tree / path).read_bytes() == data:
            return False
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(data)
        _git(tree, "add", path)
        _git(tree, *_AUTHOR, "commit", "-q", "-m", message)
        _push(tree)
    return True


def _push(tree: Path) -> None:
    for attempt in range(_TRIES):
        try:
            _git(tree, "push", "-q", "origin", "HEAD")
            return
        except _Rejected as error:
            log.info("rebasing", f"another push came first; rebasing (try {attempt + 1})", why=str(error))
            time.sleep(random.uniform(0, 0.2 * 2**attempt))
            branch = _git(tree, "branch", "--show-current").strip()
            _git(tree, "fetch", "-q", "origin", branch)
            _git(tree, *_AUTHOR, "rebase", "-q", f"origin/{branch}" if _has(tree, branch) else "FETCH_HEAD")
    raise TryAgain(f"the push to the deploy repository lost the race {_TRIES} times in a row")


def _has(tree: Path, branch: str) -> bool:
    return (tree / ".git" / "refs" / "remotes" / "origin" / branch).exists()


class _Rejected(Exception):
    """The push lost a race."""


def _founded(address: str) -> None:
    """Make the bare repository where the address is a folder that is not there yet: a laptop's first run."""
    folder = Path(address.removeprefix("file://"))
    if folder.is_absolute() and not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        _git(folder.parent, "init", "-q", "--bare", "--initial-branch=main", str(folder))


def _git(folder: str | Path, *words: str) -> str:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    environment.setdefault("HOME", str(folder))
    if held := services.credentials("deploy", _USERNAME):
        # By the environment, so that it shows in no list of processes.
        header = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader"}
        environment |= {**header, "GIT_CONFIG_VALUE_0": f"Authorization: {held.header}"}
    done = subprocess.run(["git", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode == 0:
        return done.stdout
    output = done.stderr.strip()
    rejected = [line for line in output.splitlines() if "[remote rejected]" in line]
    if any(sign in line for sign in _DECLINED for line in rejected):
        answer = [line.removeprefix("remote:").strip() for line in output.splitlines() if line.startswith("remote:")]
        reason = " ".join(answer).strip() or rejected[0].strip()
        raise InputError(f"the deploy repository declines the push: {reason}; {services.refusal('deploy')}")
    if any(sign in output for sign in _RACES):
        raise _Rejected(output)
    verb = next(word for word in words if not word.startswith("-") and "=" not in word)
    message = f"git {verb} of the deploy repository failed: {output}"
    if any(sign in output for sign in _DENIED):
        raise InputError(f"{message}; {services.refusal('deploy')}")
    if any(sign in output for sign in ("Could not resolve", "timed out", "Connection", "unable to access")):
        raise TryAgain(message)
    raise InputError(message)
