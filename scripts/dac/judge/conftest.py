"""Starts conftest for what it was not asked before: once for few projects, several times for many."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson

from dac.judge import remembered
from dac.model import Finding, Location
from dac.model.entry import irregular
from dac.model.kept import answer, keep

# To collect what it holds takes as long as to judge, and frees little: of a part as large as most are it keeps all.
# Only an owner with very many projects makes a larger one, for which a small CI machine would lack the memory.
_GO = {"GOGC": "100"}
_GO_OF_FEW = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
_FEW = 3 * 2**20  # bytes of documents
# An error of a built-in function would leave a rule silent, so it ends the judging.
_OPTIONS = ("--namespace=main", "--output=json", "--parser=json", "--no-fail", "--strict", "--show-builtin-errors")
_ASKED = "policy.asked"  # what policy/lib/main.rego answers besides findings
_Answer = list[dict[str, Any]]  # of one document, as conftest gave it
_Results = list[dict[str, Any]]  # what the rules deny, each {msg, metadata}
_PLACE = re.compile(r"(policy/[\w/.-]+):(\d+): (.+)")


def irregular_rule(root: Path) -> Finding | None:
    """Return a finding where a rule is a link, a named pipe or the like, which nobody opens; else None."""
    for path in sorted((root / "policy").glob("*/*.rego")):
        if reason := irregular(path, root):
            return _not_judged(reason, "put the file itself there, or remove it")
    return None


def ask_each(conftest: Path, root: Path, trees: Sequence[Sequence[bytes]]) -> list[_Results] | Finding:
    """Return what the rules deny of each tree, which is one document or several; a finding if conftest fails.

    It is started once for each part that the projects of the largest tree are split into.
    """
    starts = max(1, *(len(documents) - 1 for documents in trees))
    denied = ask(conftest, root, [*chain(*trees)], starts)
    if isinstance(denied, Finding):
        return denied
    each = iter(denied)
    return [[*chain(*islice(each, len(documents)))] for documents in trees]


def ask(conftest: Path, root: Path, documents: Sequence[bytes], starts: int = 1) -> list[_Results] | Finding:
    """Return what the rules under policy/ deny of each document; a finding if conftest fails.

    Args:
        conftest: the program. To compile the rules takes it longer than to evaluate a small document.
        root: the tree whose policy/ is asked; tests of rules are left out.
        documents: JSON.
        starts: among how many starts those are spread that it was not asked before; as many run at a time as there are
            processors.
    """
    files = sorted(path for path in (root.resolve() / "policy").glob("*/*.rego") if not path.stem.endswith("_test"))
    if not files:
        return Finding(Location("policy"), "policy.none", "there is no rule under policy/", "restore it from Git")
    kept = remembered.folder(conftest)
    try:
        keys = remembered.digests(conftest, _OPTIONS, files, documents) if kept else []
    except OSError:
        keys = []
    outputs = {number: output for number, key in enumerate(keys) if kept and (output := answer(kept, key)) is not None}
    answers = {number: orjson.loads(output) for number, output in outputs.items()}
    new = [number for number in range(len(documents)) if number not in answers]
    spread = _spread(new, [len(document) for document in documents], starts)
    judged = _side_by_side(partial(_judged, conftest, files), [[documents[n] for n in part] for part in spread])
    for numbers, own in zip(spread, judged, strict=True):
        if isinstance(own, Finding):
            return own
        answers |= zip(numbers, own, strict=True)
    rules = {path.parent.name for path in files if path.stem == path.parent.name}
    denied = [_denied(answers[number], rules) for number in range(len(documents))]
    if faults := [each for each in denied if isinstance(each, Finding)]:
        return faults[0]
    if kept and keys and new and remembered.digests(conftest, _OPTIONS, files, documents) == keys:
        for number in new:
            keep(kept, keys[number], orjson.dumps(answers[number]), remembered.MOST)
    return [each for each in denied if not isinstance(each, Finding)]


def _spread(numbers: Sequence[int], sizes: Sequence[int], starts: int) -> list[list[int]]:
    """Spread documents evenly among so many starts at most; the start that takes longest is first."""
    spread: list[list[int]] = [[] for _ in range(min(starts, len(numbers)))]
    for number in sorted(numbers, key=lambda number: -sizes[number]):
        min(spread, key=lambda own: sum(sizes[n] for n in own)).append(number)
    return sorted(spread, key=lambda own: -sum(sizes[n] for n in own))


def _side_by_side(
    judge: Callable[[list[bytes]], list[_Answer] | Finding], starts: list[list[bytes]]
) -> list[list[_Answer] | Finding]:
    if len(starts) < 2:
        return [judge(documents) for documents in starts]
    from concurrent.futures import ThreadPoolExecutor  # a check of a few projects goes without it

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(judge, starts))


def _judged(conftest: Path, files: Sequence[Path], documents: Sequence[bytes]) -> list[_Answer] | Finding:
    """Start conftest; return its answer for each document."""
    import subprocess  # where an answer is kept, nothing is started
    import tempfile

    names = [f"{number}.json" for number in range(len(documents))]
    command = [str(conftest.resolve()), "test", *_OPTIONS, *(f"--policy={path}" for path in files), *names]
    # In an empty folder and a clean environment: a conftest.toml of the tree, or CONFTEST_* of the caller, could name
    # another package, and every rule would be silent.
    with tempfile.TemporaryDirectory(prefix="dac-judge-") as empty:
        environment = {**(_GO_OF_FEW if sum(map(len, documents)) < _FEW else _GO), "HOME": empty}
        for name, document in zip(names, documents, strict=True):
            (Path(empty) / name).write_bytes(document)
        try:
            done = subprocess.run(command, capture_output=True, cwd=empty, env=environment, check=False)
        except OSError as error:
            return _not_judged(f"cannot start {conftest}: {error.strerror}")
    if done.returncode != 0:
        return _broken(done.stderr.decode(errors="replace"))
    try:
        by_name = {Path(answer["filename"]).name: answer for answer in orjson.loads(done.stdout)}
        return [by_name[name].get("failures", []) for name in names]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return _not_judged("conftest did not answer in JSON")


def _denied(answer: _Answer, rules: set[str]) -> _Results | Finding:
    """Return what the rules deny of a document, once policy/lib/main.rego has said that it asked every rule."""
    try:
        asked = [result["metadata"] for result in answer if result["metadata"]["code"] == _ASKED]
        silent = rules - set(asked[0]["rules"]) if len(asked) == 1 else None
    except (KeyError, TypeError):
        return _not_judged("conftest did not answer in JSON")
    if silent is None:
        return _not_judged("conftest did not evaluate the package main of policy/lib")
    if silent:
        return _not_judged(f"conftest did not evaluate {', '.join(sorted(silent))}")
    return [result for result in answer if result["metadata"]["code"] != _ASKED]


def _not_judged(reason: str, remedy: str = "run: make setup") -> Finding:
    return Finding(Location("policy"), "policy.not_judged", reason, remedy)


def _broken(text: str) -> Finding:
    """Report a policy that does not compile, or that stopped while it ran."""
    remedy = "fix the rule; to see all of it, run: make check"
    if place := _PLACE.search(text):
        return Finding(Location(place[1], int(place[2])), "policy.broken", place[3].strip(), remedy)
    return Finding(Location("policy"), "policy.broken", " ".join(text.split()), remedy)
