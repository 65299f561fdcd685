"""A folder is replaced whole, or not at all; what is not ours is left alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from dac.write import NotOursError, write_folder
from dac.write.folder import LIST

FILES = {"index.html": b"1", "deep/er/page.html": b"2"}


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_new_folder_and_an_earlier_one_hold_exactly_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "site"
    write_folder(folder, FILES)
    first = content(folder)
    assert {name: data for name, data in first.items() if name != LIST} == FILES
    assert json.loads(first[LIST])["files"] == sorted(FILES)
    write_folder(folder, FILES)
    assert content(folder) == first
    write_folder(folder, {"other.html": b"3"})
    assert sorted(content(folder)) == [LIST, "other.html"]
    assert [path.name for path in folder.parent.iterdir()] == ["site"]


def note(folder: Path) -> None:
    (folder / "deep" / "notes.txt").write_text("mine")


def no_list(folder: Path) -> None:
    (folder / LIST).unlink()


def odd_list(folder: Path) -> None:
    (folder / LIST).write_text('{"files": 3}')


def deep_list(folder: Path) -> None:
    (folder / LIST).write_text("[" * 100_000)


def linked_list(folder: Path) -> None:
    (folder / LIST).rename(folder.parent / LIST)
    (folder / LIST).symlink_to(folder.parent / LIST)


def link(folder: Path) -> None:
    (folder / "deep" / "link").symlink_to(folder.parent)


def dangling(folder: Path) -> None:
    (folder / "link").symlink_to("nowhere")


@pytest.mark.parametrize("change", [note, no_list, odd_list, deep_list, linked_list, link, dangling])
def test_what_is_not_ours_is_left_alone(change: Callable[[Path], None], tmp_path: Path) -> None:
    folder = tmp_path / "site"
    write_folder(folder, FILES)
    change(folder)
    before = content(folder)
    with pytest.raises(NotOursError, match="which dac did not write"):
        write_folder(folder, {"new.html": b""})
    assert content(folder) == before


def test_a_link_a_file_and_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file").write_text("")
    (tmp_path / "others" / "empty").mkdir(parents=True)
    for name, why in (("link", "a symbolic link"), ("file", "a file"), ("others", "folders that dac did not write")):
        with pytest.raises(NotOursError, match=why):
            write_folder(tmp_path / name, FILES)
    write_folder(tmp_path / "real", FILES)
    assert (tmp_path / "real" / LIST).is_file()


def test_a_failure_leaves_the_former_folder_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site"
    write_folder(folder, FILES)
    before = content(folder)
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if "-new-" in path.name:
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="No space"):
        write_folder(folder, {"new.html": b""})
    monkeypatch.undo()
    with pytest.raises(OSError, match="Is a directory"):
        write_folder(folder, {"deep/x": b"", "deep": b""})
    assert content(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_what_a_killed_run_left_goes_and_what_a_live_one_writes_stays(tmp_path: Path) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    for name in (f"new-{pid}", f"old-{pid}", "new-1", "new-mine"):
        (tmp_path / f".p[ag]es.dac-{name}").mkdir()
    write_folder(tmp_path / "p[ag]es", FILES)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [".p[ag]es.dac-new-1", ".p[ag]es.dac-new-mine", "p[ag]es"]
