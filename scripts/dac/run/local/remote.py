"""Artifacts at an address: a file by HTTP, a clone of a Git repository (workflow/artifacts/{http,git})."""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from dac.run.argo.node import JSON

SECONDS = 600  # that a download or a clone may take
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
_PASSED = ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", *_PROXIES)


def download(place: JSON, target: Path) -> None:
    """Write what a URL gives to a file.

    Raises:
        FileNotFoundError: There is nothing at it.
        OSError: It cannot be read.
    """
    url = str(place.get("url", ""))
    if not url.startswith(("http://", "https://")):
        raise OSError(f'unsupported protocol scheme in "{url}"')
    headers = {header["name"]: header.get("value", "") for header in place.get("headers", [])}
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer, target.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            raise FileNotFoundError(f"{error.code} {error.reason}") from error
        raise OSError(f"loading content from {url} failed with reason: {error.code} {error.reason}") from error
    except ValueError as error:
        raise OSError(str(error)) from error


def clone(place: JSON, target: Path) -> None:
    """Clone a repository, with the branches, the revision and the submodules that are asked for.

    Raises:
        OSError: Git fails.
    """
    repository, branch = str(place.get("repo", "")), str(place.get("branch", ""))
    single = bool(place.get("singleBranch"))
    if single and not branch:
        raise OSError("single branch mode without a branch specified")
    words = [f"--depth={place['depth']}"] if place.get("depth") else []
    words += ["--single-branch", f"--branch={branch}"] if single else ["--no-single-branch"]
    _git("clone", "--quiet", *words, "--", repository, str(target))
    depth = words[:1] if place.get("depth") else []
    if place.get("fetch"):
        _git("-C", str(target), "fetch", "--quiet", *depth, "origin", "--", *place["fetch"])
    if revision := str(place.get("revision", "")):
        spec = f"refs/heads/{branch}:refs/heads/{branch}" if single else "refs/heads/*:refs/heads/*"
        _git("-C", str(target), "fetch", "--quiet", "--update-head-ok", "origin", spec)
        commit = _git(
            "-C", str(target), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
        _git("-C", str(target), "checkout", "--quiet", "--detach", commit.strip())
    if not place.get("disableSubmodules"):
        _git("-C", str(target), "submodule", "--quiet", "update", "--init", "--recursive")


def _git(*words: str) -> str:
    # Nothing of whoever runs it: no configuration, no passwords (HOME's .netrc), no keys, which ssh finds by itself.
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
    environment |= {
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
