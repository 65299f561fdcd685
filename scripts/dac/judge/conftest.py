"""Starts conftest, once."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import orjson

from dac.model import Finding, Location

# What it holds lives to its end, so that collecting it often is time lost; seldom would take memory that a small CI
# machine lacks.
_GO = {"GOGC": "200"}
# An error of a built-in function would leave a rule silent, so it ends the judging.
_OPTIONS = ("--output=json", "--parser=json", "--no-fail", "--strict", "--show-builtin-errors")
_PLACE = re.compile(r"(policy/[\w/.-]+):(\d+): (.+)")


def ask(conftest: Path, root: Path, document: bytes) -> list[dict[str, Any]] | Finding:
    """Return what the rules under policy/ deny of the document; a finding if conftest fails.

    Args:
        conftest: the program.
        root: the tree whose policy/ is asked; tests of rules are left out.
        document: JSON.

    Returns:
        conftest's results, each {msg, metadata}.
    """
    files = sorted(path for path in (root / "policy").glob("*/*.rego") if not path.stem.endswith("_test"))
    if not files:
        return Finding(Location("policy"), "policy.none", "there is no rule under policy/", "restore it from Git")
    command = [str(conftest), "test", *_OPTIONS, *(f"--policy={path.relative_to(root).as_posix()}" for path in files)]
    try:
        done = subprocess.run(
            [*command, "-"], input=document, capture_output=True, cwd=root, env=os.environ | _GO, check=False
        )
    except OSError as error:
        return Finding(
            Location("policy"), "policy.not_judged", f"cannot start {conftest}: {error.strerror}", "run: make setup"
        )
    if done.returncode != 0:
        return _broken(done.stderr.decode(errors="replace"))
    results: list[dict[str, Any]] = orjson.loads(done.stdout)[0].get("failures", [])
    return results


def _broken(text: str) -> Finding:
    """Report a policy that does not compile, or that stopped while it ran."""
    remedy = "fix the rule; to see all of it, run: make check"
    if place := _PLACE.search(text):
        return Finding(Location(place[1], int(place[2])), "policy.broken", place[3].strip(), remedy)
    return Finding(Location("policy"), "policy.broken", " ".join(text.split()), remedy)
