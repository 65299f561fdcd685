"""No file of standards/ or policy/, and none of the program, changes without its digest."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from dac.load import inputs
from dac.load.inputs import inputs_digest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for top in ("standards", "policy")
    for path in (ROOT / top).rglob("*")
    if path.is_file()
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    for top in ("standards", "policy"):
        shutil.copytree(ROOT / top, folder / top)
    return folder


def test_a_byte_of_any_file_is_another_digest_whatever_its_size_and_time(tree: Path) -> None:
    digests = {inputs_digest(str(tree))}
    for name in FILES:
        file = tree / name
        before, data = file.stat(), file.read_bytes()
        changed = bytes([data[0] ^ 1]) + data[1:] if data else b"x"
        file.write_bytes(changed)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        digests.add(inputs_digest(str(tree)))
        file.write_bytes(data)
    assert len(digests) == len(FILES) + 1
    assert inputs_digest(str(tree)) in digests


SHAPES: dict[str, Callable[[Path], object]] = {
    "a file more": lambda tree: (tree / "standards/catalog/more.yaml").write_text(""),
    "a folder more": lambda tree: (tree / "standards/more").mkdir(),
    "a file less": lambda tree: (tree / "policy/waivers.yaml").unlink(),
    "another name": lambda tree: (tree / "policy/waivers.yaml").rename(tree / "policy/waiver.yaml"),
    "a byte that moves to the next file": lambda tree: _moved(tree / "policy/lib"),
}


def _moved(folder: Path) -> None:
    first, second = sorted(path for path in folder.iterdir() if path.is_file())[:2]
    data = first.read_bytes()
    first.write_bytes(data[:-1])
    second.write_bytes(data[-1:] + second.read_bytes())


@pytest.mark.parametrize("shape", SHAPES)
def test_what_there_is_and_what_it_is_called_is_in_the_digest(tree: Path, tmp_path: Path, shape: str) -> None:
    shutil.copytree(tree, tmp_path / "tree")
    before = inputs_digest(str(tmp_path / "tree"))
    SHAPES[shape](tmp_path / "tree")
    assert inputs_digest(str(tmp_path / "tree")) != before


def test_there_is_none_where_something_is_neither_a_file_nor_a_folder(tree: Path, tmp_path: Path) -> None:
    shutil.copytree(tree, tmp_path / "tree")
    (tmp_path / "tree/standards/link").symlink_to("catalog")
    assert inputs_digest(str(tmp_path / "tree")) is None


def test_another_tree_and_a_changed_program_have_other_digests(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tree, tmp_path / "tree")
    assert inputs_digest(str(tmp_path / "tree")) != inputs_digest(str(tree))
    package = tmp_path / "dac"
    (package / "load").mkdir(parents=True)
    (package / "load/a.py").write_text("x = 1\n")
    monkeypatch.setattr(inputs.dac, "__path__", [str(package)])
    before, facts = inputs_digest(str(tree)), (package / "load/a.py").stat()
    (package / "load/a.py").write_text("x = 2\n")
    os.utime(package / "load/a.py", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert inputs_digest(str(tree)) != before
