"""Writing: the old text or the new, never half of one; and nothing left beside."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from dac.write import Change, Kind, changes, stale, write


def files(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_differences_and_their_repair(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "same").write_text("1")
    (tmp_path / "a" / "other").write_text("old")
    (tmp_path / "a" / "gone").write_text("x")
    wanted = {"a/same": b"1", "a/other": b"new", "a/b/more": b"2"}
    todo = changes(wanted, tmp_path) + stale(["a"], wanted, tmp_path)
    assert todo == [
        Change("a/other", Kind.DIFFERENT),
        Change("a/b/more", Kind.MISSING),
        Change("a/gone", Kind.STALE),
    ]
    write(todo, wanted, tmp_path)
    assert files(tmp_path) == {"a/same": "1", "a/other": "new", "a/b/more": "2"}


def test_a_file_that_cannot_be_renamed_into_leaves_nothing_beside(tmp_path: Path) -> None:
    (tmp_path / "a" / "name" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="Is a directory"):
        write([Change("a/name", Kind.DIFFERENT)], {"a/name": b"1"}, tmp_path)
    assert files(tmp_path) == {}


def test_a_kill_between_write_and_rename_leaves_the_old_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("old")

    def killed(source: str, target: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        write([Change("a", Kind.DIFFERENT)], {"a": b"new"}, tmp_path)
    assert (tmp_path / "a").read_text() == "old"


def test_what_a_kill_left_beside_is_stale(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ".name.7.new").write_text("half")
    assert stale(["a"], {"a/name": b"1"}, tmp_path) == [Change("a/.name.7.new", Kind.STALE)]
    assert stale(["nowhere"], {}, tmp_path) == []


def test_a_folder_that_is_a_link_is_not_walked_and_nothing_goes_through_it(tmp_path: Path) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    (tree / "a").mkdir(parents=True)
    (outside / "below").mkdir(parents=True)
    (outside / "below" / "kept").write_text("1")
    (tree / "a" / "rendered").symlink_to(outside)
    assert stale(["a/rendered", "a/rendered/below"], {}, tree) == []
    for change in (Change("a/rendered/new", Kind.MISSING), Change("a/rendered/below/kept", Kind.STALE)):
        with pytest.raises(OSError, match="a/rendered is a symbolic link"):
            write([Change("first", Kind.MISSING), change], {"first": b"1", "a/rendered/new": b"1"}, tree)
    assert files(outside) == {"below/kept": "1"}
    assert not (tree / "first").exists()


def test_a_named_pipe_is_another_file_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    def overdue(*_: object) -> None:
        raise AssertionError("it waits for the pipe's other end")

    before = signal.signal(signal.SIGALRM, overdue)
    signal.setitimer(signal.ITIMER_REAL, 5)
    try:
        assert changes({"pipe": b"x"}, tmp_path) == [Change("pipe", Kind.DIFFERENT)]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "name",
    [
        *("kustomization.yaml", "Chart.yaml", ".hidden.yaml", "SEARCH.yaml", "a b.yaml", "\u00e9.yaml"),
        *("-x.yaml", "a\n.yaml", "x.yaml/y.yaml", "x.jsonnet", ".yaml", "search.yaml.yaml"),
    ],
)
def test_a_file_that_nothing_renders_is_stale_however_it_is_called(name: str, tmp_path: Path) -> None:
    """Argo CD reads every `*.yaml` of the folder, and some names have it read the folder in another way."""
    path = tmp_path / "rendered" / name
    path.parent.mkdir(parents=True)
    path.write_text("kind: Secret\n")
    assert stale(["rendered"], {"rendered/search.yaml": b""}, tmp_path) == [Change(f"rendered/{name}", Kind.STALE)]
