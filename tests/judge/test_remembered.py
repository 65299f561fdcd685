"""An answer of conftest is used again only where all that it depends on is the same, to the byte."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from dac.judge import conftest, remembered

PROGRAM = """#!/bin/sh
echo started >> {folder}/starts
cat *.json >> {folder}/asked
asked='{{"msg": "", "metadata": {{"code": "policy.asked", "rules": ["rule"]}}}}'
found='{{"msg": "'$(cat 0.json | tr -dc 0-9)'", "metadata": {{"code": "found"}}}}'
echo '[{{"filename": "1.json", "failures": ['$asked']}}, {{"filename": "0.json", "failures": ['$asked, $found']}}]'
"""
RULE = "policy/rule/rule.rego"


class World:
    """A tree with a rule, and a program that counts its starts in the place of conftest."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root, self.documents = folder, folder / "tree", [b'{"a": 1}']
        self.program = folder / "bin/conftest-v0"
        self.write(self.program, PROGRAM.format(folder=folder)).chmod(0o755)
        self.write(self.root / RULE, "package rule\n")
        self.write(self.root / "policy/lib/main.rego", "package main\n")

    def write(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def ask(self) -> object:
        return conftest.ask(self.program, self.root, self.documents)

    def starts(self) -> int:
        file = self.folder / "starts"
        return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("CI", "DAC_CONFTEST"):
        monkeypatch.delenv(name, raising=False)
    return World(tmp_path)


def same_size(world: World) -> None:
    """Change a rule, and set its size and time back to what they were."""
    rule = world.root / RULE
    before = rule.stat()
    rule.write_text(rule.read_text().replace("rule", "elur"))
    os.utime(rule, ns=(before.st_atime_ns, before.st_mtime_ns))


def touched(path: Path, text: str) -> Callable[[World], object]:
    return lambda world: world.write(world.root / path, text)


def documents(*texts: bytes) -> Callable[[World], object]:
    return lambda world: setattr(world, "documents", list(texts))


def replaced(world: World) -> None:
    """Put another program of the same text, size and time in the place of conftest."""
    shutil.copy2(world.program, world.folder / "other")
    (world.folder / "other").replace(world.program)


def damaged(world: World) -> None:
    (kept,) = (world.folder / "judged").iterdir()
    kept.write_bytes(kept.read_bytes().replace(b"rule", b"elur"))


CHANGES = {
    "a rule": same_size,
    "a rule more": touched(Path("policy/more/more_helper.rego"), "package more\n"),
    "what rules share": touched(Path("policy/lib/main.rego"), "package main\n\nx := 1\n"),
    "a rule less": lambda world: (world.root / "policy/lib/main.rego").unlink(),
    "a rule's name": lambda world: (world.root / RULE).rename(world.root / "policy/rule/other.rego"),
    "the document": documents(b'{"a": 2}'),
    "the document's end": documents(b'{"a": 1} '),
    "the program": replaced,
    "the answer that is kept": damaged,
}


def test_the_same_is_asked_once(world: World) -> None:
    first = world.ask()
    assert isinstance(first, list)
    assert world.ask() == first
    assert world.starts() == 1


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_any_input_is_asked_anew(world: World, change: str) -> None:
    world.ask()
    CHANGES[change](world)
    world.ask()
    assert world.starts() == 2


def test_other_options_are_another_question(world: World) -> None:
    rules = [world.root / RULE]
    keys = {remembered.digests(world.program, words, rules, [b"{}"])[0] for words in (("-a", "b"), ("-ab",), ())}
    assert len(keys) == 3


def test_only_the_documents_that_changed_are_asked_about(world: World) -> None:
    world.documents = [b"1", b"2"]
    first = world.ask()
    world.documents = [b"2", b"3", b"1"]
    second = world.ask()
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert (world.folder / "asked").read_text() == "123"
    assert second == [first[1], [{"msg": "3", "metadata": {"code": "found"}}], first[0]]


@pytest.mark.parametrize("name", ["CI", "DAC_CONFTEST"])
def test_a_job_and_another_program_have_no_memory(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    world.ask()
    world.ask()
    assert world.starts() == 2
    assert not (world.folder / "judged").exists()


def test_an_answer_during_which_a_rule_changed_is_not_kept(world: World) -> None:
    slow = PROGRAM.format(folder=world.folder) + f"echo >> {world.root / RULE}\n"
    world.write(world.program, slow)
    world.ask()
    assert not (world.folder / "judged").exists()


def test_no_more_than_the_newest_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 3)
    for number in range(5):
        world.documents = [str(number).encode()]
        world.ask()
    assert len(list((world.folder / "judged").iterdir())) == 3
