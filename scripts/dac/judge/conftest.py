"""Starts conftest, once for each part of a tree, or not at all where it was asked the very same before."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from dac.judge import remembered
from dac.model import Finding, Location
from dac.model.entry import irregular
from dac.model.kept import answer, keep

if TYPE_CHECKING:
    import subprocess

# To collect what it holds takes as long as to judge, and frees little: of a part as large as most are it keeps all.
# Only an owner with very many projects makes a larger one, for which a small CI machine would lack the memory.
_GO = {"GOGC": "100"}
_GO_OF_FEW = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
_FEW = 3 * 2**20  # bytes of documents
# An error of a built-in function would leave a rule silent, so it ends the judging.
_OPTIONS = ("--namespace=main", "--output=json", "--parser=json", "--no-fail", "--strict", "--show-builtin-errors")
_ASKED = "policy.asked"  # what policy/lib/main.rego answers besides findings
_Answer = list[list[dict[str, Any]]] | Finding
_PLACE = re.compile(r"(policy/[\w/.-]+):(\d+): (.+)")


def irregular_rule(root: Path) -> Finding | None:
    """Return a finding where a rule is a link, a named pipe or the like, which nobody opens; else None."""
    for path in sorted((root / "policy").glob("*/*.rego")):
        if reason := irregular(path, root):
            return _not_judged(reason, "put the file itself there, or remove it")
    return None


def ask_each(conftest: Path, root: Path, trees: Sequence[Sequence[bytes]]) -> _Answer:
    """Return what the rules deny of each tree, which is one document or several; a finding if conftest fails.

    A start takes one document of each tree, and as many run at a time as there are processors.
    """
    numbers = range(max(map(len, trees)))
    starts = [[documents[number] for documents in trees if number < len(documents)] for number in numbers]
    denied: list[list[dict[str, Any]]] = [[] for _ in trees]
    for number, answered in zip(numbers, _side_by_side(partial(ask, conftest, root), starts), strict=True):
        if isinstance(answered, Finding):
            return answered
        with_it = [own for own, documents in zip(denied, trees, strict=True) if number < len(documents)]
        for own, results in zip(with_it, answered, strict=True):
            own += results
    return denied


def _side_by_side(ask_one: Callable[[list[bytes]], _Answer], starts: list[list[bytes]]) -> list[_Answer]:
    if len(starts) == 1:
        return [ask_one(starts[0])]
    from concurrent.futures import ThreadPoolExecutor  # a check of a few projects goes without it

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(ask_one, starts))


def ask(conftest: Path, root: Path, documents: Sequence[bytes]) -> _Answer:
    """Return what the rules under policy/ deny of each document; a finding if conftest fails.

    Args:
        conftest: the program; it is started once, since to compile the rules takes longer than to evaluate a document.
        root: the tree whose policy/ is asked; tests of rules are left out.
        documents: JSON.

    Returns:
        conftest's results, each {msg, metadata}.
    """
    files = sorted(path for path in (root.resolve() / "policy").glob("*/*.rego") if not path.stem.endswith("_test"))
    if not files:
        return Finding(Location("policy"), "policy.none", "there is no rule under policy/", "restore it from Git")
    own_rules = {path.parent.name for path in files if path.stem == path.parent.name}
    names = ["-"] if len(documents) == 1 else [f"{number}.json" for number in range(len(documents))]
    kept = remembered.folder(conftest)
    try:
        key = remembered.digest(conftest, _OPTIONS, files, documents) if kept else ""
    except OSError:
        kept, key = None, ""
    if kept and (output := answer(kept, key)) is not None:
        return _answers(output, names, own_rules)
    done = _started(conftest, files, names, documents)
    if isinstance(done, Finding):
        return done
    if done.returncode != 0:
        return _broken(done.stderr.decode(errors="replace"))
    answers = _answers(done.stdout, names, own_rules)
    if kept and not isinstance(answers, Finding) and remembered.digest(conftest, _OPTIONS, files, documents) == key:
        keep(kept, key, done.stdout, remembered.MOST)
    return answers


def _started(
    conftest: Path, files: Sequence[Path], names: Sequence[str], documents: Sequence[bytes]
) -> subprocess.CompletedProcess[bytes] | Finding:
    """Start conftest; return how it ended, or a finding where it cannot be started."""
    import subprocess  # where an answer is kept, nothing is started
    import tempfile

    command = [str(conftest.resolve()), "test", *_OPTIONS, *(f"--policy={path}" for path in files)]
    # In an empty folder and a clean environment: a conftest.toml of the tree, or CONFTEST_* of the caller, could name
    # another package, and every rule would be silent.
    with tempfile.TemporaryDirectory(prefix="dac-judge-") as empty:
        environment = {**(_GO_OF_FEW if sum(map(len, documents)) < _FEW else _GO), "HOME": empty}
        stdin = documents[0]
        if len(documents) > 1:
            stdin = b""
            for name, document in zip(names, documents, strict=True):
                (Path(empty) / name).write_bytes(document)
        try:
            return subprocess.run(
                [*command, *names], input=stdin, capture_output=True, cwd=empty, env=environment, check=False
            )
        except OSError as error:
            return _not_judged(f"cannot start {conftest}: {error.strerror}")


def _answers(output: bytes, names: Sequence[str], rules: set[str]) -> _Answer:
    """Return what the rules deny of each document, once policy/lib/main.rego has said that it asked every rule."""
    try:
        answers = orjson.loads(output)
        by_name = {Path(answer["filename"]).name: answer for answer in answers}
        own = [by_name[name] for name in names] if len(names) > 1 else [answers[0]]
        failures = [answer.get("failures", []) for answer in own]
        asked = [[r["metadata"] for r in results if r["metadata"]["code"] == _ASKED] for results in failures]
    except (orjson.JSONDecodeError, IndexError, KeyError, TypeError, AttributeError):
        return _not_judged("conftest did not answer in JSON")
    for metadata in asked:
        if len(metadata) != 1:
            return _not_judged("conftest did not evaluate the package main of policy/lib")
        if silent := rules - set(metadata[0]["rules"]):
            return _not_judged(f"conftest did not evaluate {', '.join(sorted(silent))}")
    return [[result for result in results if result["metadata"]["code"] != _ASKED] for results in failures]


def _not_judged(reason: str, remedy: str = "run: make setup") -> Finding:
    return Finding(Location("policy"), "policy.not_judged", reason, remedy)


def _broken(text: str) -> Finding:
    """Report a policy that does not compile, or that stopped while it ran."""
    remedy = "fix the rule; to see all of it, run: make check"
    if place := _PLACE.search(text):
        return Finding(Location(place[1], int(place[2])), "policy.broken", place[3].strip(), remedy)
    return Finding(Location("policy"), "policy.broken", " ".join(text.split()), remedy)
