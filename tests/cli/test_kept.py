"""What a run stands on is the same computed or kept of an earlier command, and is kept of no other tree."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from dac.cli import _compose, _kept
from dac.cli._kept import Kept
from dac.cli._rendering import Rendering, run_rendering

ROOT = Path(__file__).parents[2]
PROJECT = sorted(path.name for path in (ROOT / "projects").iterdir() if path.is_dir())[0]
TEMPLATE = "standards/rag-indexing/v1/rendered.yaml"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for part in ("standards", "policy", "projects"):
        shutil.copytree(ROOT / part, tmp_path / "tree" / part)
    return tmp_path / "tree"


def rendered(tree: Path, folder: Path | None) -> Rendering:
    return run_rendering(tree, PROJECT, TEMPLATE, Kept(tree, folder))[0]


def test_a_run_takes_what_an_earlier_command_kept(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed = rendered(tree, tmp_path / "kept")
    assert TEMPLATE in computed.files
    monkeypatch.setattr(_compose, "_standards", lambda *_: pytest.fail("what was kept is computed again"))
    assert rendered(tree, tmp_path / "kept") == computed


def test_a_changed_standard_is_rendered_anew(tree: Path, tmp_path: Path) -> None:
    rendered(tree, tmp_path / "kept")
    sizes = tree / "standards/catalog/sizes.yaml"
    sizes.write_text(sizes.read_text().replace("shard_documents: ", "shard_documents: 1", 1))
    assert rendered(tree, tmp_path / "kept") == rendered(tree, None) != Rendering({}, [], [])


class Costly:
    """Counts how often one is pickled."""

    pickled = 0

    def __reduce__(self) -> tuple[type[bytes], tuple[bytes]]:
        Costly.pickled += 1
        return bytes, (b"x" * 100_000,)


def test_of_what_is_too_large_to_be_kept_little_is_pickled(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_kept, "_LARGEST", 1_000_000)
    kept = Kept(tree, tmp_path / "kept")
    kept.write([Costly() for _ in range(5)], "small")
    assert len(kept.read("small")) == 5
    Costly.pickled = 0
    kept.write([Costly() for _ in range(50)], "large")
    assert kept.read("large") is None
    assert Costly.pickled <= 11
