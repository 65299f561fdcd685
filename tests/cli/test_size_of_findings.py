"""What is said of one file is never more than the file itself could hold, whatever is in it: 64 KiB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from dac.cli._findings import FORMATS, count
from dac.load import load_credentials, load_repository, project_of
from dac.load.document import DECISIONS_LIMIT
from dac.model import Finding, Repository
from dac.validate import validate_projects
from sweep import some

ROOT = Path(__file__).parents[2]
HEAD = "owner: team-docs\npipelines:\n"
PIPELINE = HEAD + "  a:\n    standard: rag-indexing@v1\n"
LONG = "k" * (DECISIONS_LIMIT - 200)
# name -> how the file begins, and what follows, as often as fits; %x is a number.
REPEATED = {
    "controls": (HEAD, "\x01"),
    "direction marks": (HEAD, "\u202e"),
    "tabs": (HEAD, "a:\t1\n"),
    "tags": ("x:\n", " - !a b\n"),
    "anchors": ("x:\n", " - &a b\n"),
    "aliases": ("x:\n", " - *a%x\n"),
    "no values": (HEAD, "a%x:\n"),
    "readings": ("x:\n", " - y\n"),
    "keys": (HEAD, "%x: a\n"),
    "keys that are nearly right": (HEAD, "pipeline%x: a\n"),
    "decisions": (PIPELINE, "    k%x: a\n"),
    "decisions that are nearly right": (PIPELINE, "    vector_stor%x: a\n"),
    "decisions with escapes": (PIPELINE, '    "\\e\\u202e%x": a\n'),
    "empty pipelines": (HEAD, "  p%x: {}\n"),
    "pipelines of no standard": (HEAD, "  p%x: {standard: rag-indexin@v1}\n"),
    "pipelines with nothing decided": (HEAD, "  p%x: {standard: rag-indexing@v1}\n"),
    "pipelines that collide": (HEAD, f"  {'a' * 55}%x: {{standard: rag-indexing@v1}}\n"),
    "keys twice": (HEAD, "a: a\n"),
    "keys that are lists": ("x:\n", " ? [a]\n : a\n"),
    "documents": ("", "--- a\n"),
}
ONCE = {
    "a long key": f"{PIPELINE}    ? {LONG}\n    : a\n",
    "a long value": f"{PIPELINE}    source: {LONG}\n",
    "a long tag": f"x: !{LONG} a\n",
    "a long number": f"x: {'1' * len(LONG)}\n",
    "a value of escapes": PIPELINE + '    source: "' + "\\e" * (len(LONG) // 2) + '"\n',
    "brackets": "[" * len(LONG),
}


@cache
def tree() -> Repository:
    return load_repository(ROOT, [])[0]


def repeated(head: str, part: str) -> bytes:
    data, number = head.encode(), 0
    while len(data) + len(more := part.replace("%x", f"{number:x}").encode()) <= DECISIONS_LIMIT:
        data, number = data + more, number + 1
    return data


@pytest.mark.parametrize("name", some([*REPEATED, *ONCE], 4))
@pytest.mark.parametrize("form", some(list(FORMATS), 2))
def test_of_one_file(name: str, form: str, findings_by_name: Callable[[str], list[Finding]]) -> None:
    findings = findings_by_name(name)
    assert findings
    assert len(FORMATS[form](findings).encode()) < DECISIONS_LIMIT
    assert count(findings).startswith(f"{len(findings)} error")  # and all are counted


@pytest.fixture(scope="module")
def findings_by_name() -> Callable[[str], list[Finding]]:
    @cache
    def findings_of(name: str) -> list[Finding]:
        data = repeated(*REPEATED[name]) if name in REPEATED else ONCE[name].encode()
        project, findings = project_of("fuzz", data, "projects/fuzz/decisions.yaml", load_credentials(ROOT))
        if project:
            findings = findings + validate_projects(replace(tree(), projects={"fuzz": project}))
        return findings

    return findings_of
