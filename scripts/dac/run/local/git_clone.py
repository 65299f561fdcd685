"""An artifact from a Git repository: a clone of it (workflow/artifacts/git)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dac.run.argo.node import JSON
from dac.run.local.remote import SECONDS

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
_PASSED = ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", *_PROXIES)
_ANSWER = r"username=%s\npassword=%s\n"
_HELPER = f"""!f() {{ test "$1" = get && printf '{_ANSWER}' "$DAC_GIT_USER" "$DAC_GIT_PASSWORD"; }}; f"""


def clone(place: JSON, target: Path) -> None:
    """Clone a repository, with the branches, the revision and the submodules that are asked for.

    Raises:
        OSError: Git fails.
    """
    opened = _opened_with(place)
    repository, branch = str(place.get("repo", "")), str(place.get("branch", ""))
    single = bool(place.get("singleBranch"))
    if single and not branch:
        raise OSError("single branch mode without a branch specified")
    words = [f"--depth={place['depth']}"] if place.get("depth") else []
    words += ["--single-branch", f"--branch={branch}"] if single else ["--no-single-branch"]
    _git(opened, "clone", "--quiet", *words, "--", repository, str(target))
    depth = words[:1] if place.get("depth") else []
    if place.get("fetch"):
        _git(opened, "-C", str(target), "fetch", "--quiet", *depth, "origin", "--", *place["fetch"])
    if revision := str(place.get("revision", "")):
        spec = f"refs/heads/{branch}:refs/heads/{branch}" if single else "refs/heads/*:refs/heads/*"
        _git(opened, "-C", str(target), "fetch", "--quiet", "--update-head-ok", "origin", spec)
        commit = _git(
            opened, "-C", str(target), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
        _git(opened, "-C", str(target), "checkout", "--quiet", "--detach", commit.strip())
    if not place.get("disableSubmodules"):
        _git(opened, "-C", str(target), "submodule", "--quiet", "update", "--init", "--recursive")


def _opened_with(place: JSON) -> dict[str, str]:
    """Return the environment that gives Git the user and password of its Secrets, for that host alone."""
    environment = {"GIT_SSL_NO_VERIFY": "1"} if place.get("insecureSkipTLS") else {}
    user, password = place.get("usernameSecret", ""), place.get("passwordSecret", "")
    if not user and not password:
        return environment
    address = urlsplit(str(place.get("repo", "")))
    helper = f"credential.{address.scheme}://{address.hostname}{f':{address.port}' if address.port else ''}.helper"
    settings = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": helper, "GIT_CONFIG_VALUE_0": _HELPER}
    return {**environment, **settings, "DAC_GIT_USER": user, "DAC_GIT_PASSWORD": password}


def _git(given: Mapping[str, str], *words: str) -> str:
    # Nothing of whoever runs it: no configuration, no passwords (HOME's .netrc), no keys, which ssh finds by itself.
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
    environment |= {
        **given,
        "HOME": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https:http:git",
    }
    try:
        done = subprocess.run(
            ["git", *words], env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(f"git {words[0]} took more than {SECONDS} s") from error
    if done.returncode:
        raise OSError(done.stderr.strip() or f"git {' '.join(words)} failed")
    return done.stdout
