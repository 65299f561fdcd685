"""`dac standards`: what can be decided, and where pipelines can move to."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Dac = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]
TREE = ROOT / "tests" / "cases" / "tree"


def test_standards(dac: Dac) -> None:
    done = dac("standards", cwd=TREE)
    assert done.stdout == "standard\twhat it is\nindex@v1\tan index\nreport@v1\ta report\n"
    done = dac("standards", "index", cwd=TREE)
    assert done.stdout == (
        "index@v1: an index\n\n"
        "decision\tdefault\tchoices or example\twhat it says\n"
        "source\t(required)\ts3://docs/manifest.jsonl\t\n"
        "size\t(required)\tsmall, large\t\n"
        'notify\t""\t\t\n'
    )


def test_standards_as_json(dac: Dac) -> None:
    printed = json.loads(dac("standards", "index@v1", "--json", cwd=TREE).stdout)
    assert [standard["name"] for standard in printed["standards"]] == ["index"]
    assert printed["standards"][0]["decisions"][1] == {
        "name": "size",
        "description": "",
        "required": True,
        "choices": ["small", "large"],
        "examples": ["small"],
        "changes": "",
    }


def test_a_version_that_pipelines_can_leave_names_the_newer_one_and_what_moves_them(dac: Dac) -> None:
    printed = json.loads(dac("standards", "rag-indexing", "--json", cwd=ROOT).stdout)["standards"]
    assert {standard["version"]: standard["newer"] for standard in printed} == {
        "v1": {"version": "v2", "command": "dac migrate PROJECT"},
        "v2": None,
    }
    done = dac("standards", "rag-indexing@v1", cwd=ROOT)
    assert done.stderr == "rag-indexing@v2 is newer; dac migrate PROJECT moves pipelines there\n"
    assert dac("standards", "rag-indexing@v2", cwd=ROOT).stderr == ""
