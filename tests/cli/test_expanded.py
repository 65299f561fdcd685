"""What projects come to is the same computed anew or kept, whatever changes, and what stays is not computed again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dac.cli import _expanded
from dac.cli._compose import compose
from dac.cli._kept import Kept
from dac.cli._month_costs import month_costs
from dac.model import Finding, Manifest

ROOT = Path(__file__).parents[2]
DECISIONS = "projects/python-docs/decisions.yaml"
Came = tuple[list[str], list[Manifest], list[Finding]]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for part in ("standards", "policy", "projects"):
        shutil.copytree(ROOT / part, tmp_path / "tree" / part)
    return tmp_path / "tree"


def came(tree: Path, folder: Path | None) -> Came:
    composed = compose(tree, kept=Kept(tree, folder))
    return list(composed.repository.projects), composed.manifests, composed.findings


def edited(file: str, old: str, new: str) -> Callable[[Path], object]:
    def edit(tree: Path) -> None:
        text = (tree / file).read_text()
        assert old in text
        (tree / file).write_text(text.replace(old, new, 1))

    return edit


CHANGES: dict[str, Callable[[Path], object]] = {
    "another decision": edited(DECISIONS, "size: small", "size: medium"),
    "a wrong decision": edited(DECISIONS, "size: small", "size: smal"),
    "a line more": edited(DECISIONS, "pipelines:", "\npipelines:"),
    "another owner": edited(DECISIONS, "owner: team-docs", "owner: team-research"),
    "a size": edited("standards/catalog/sizes.yaml", "memory: 8Gi", "memory: 9Gi"),
    "the namespace": edited("standards/platform/namespace/namespace.yaml", "metadata:", "metadata:\n  generateName: x"),
    "a project's name": lambda tree: (tree / "projects/python-docs").rename(tree / "projects/python-pages"),
    "a project less": lambda tree: shutil.rmtree(tree / "projects/python-docs"),
    "a link": lambda tree: ((tree / DECISIONS).rename(tree / "there"), (tree / DECISIONS).symlink_to(tree / "there")),
    "a credential beside": lambda tree: (tree / "projects/python-docs/notes.txt").write_text("AKIA" + "Q7ZX" * 4),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_kept_hides_no_change(tree: Path, tmp_path: Path, change: Callable[[Path], object]) -> None:
    before = came(tree, tmp_path / "kept")
    change(tree)
    after = came(tree, None)
    assert came(tree, tmp_path / "kept") == after
    assert (after != before) is (change is not CHANGES["a line more"])
    assert came(tree, tmp_path / "kept") == after  # what the first of them has kept


def test_what_is_gathered_costs_what_its_manifests_do(tree: Path) -> None:
    whole = compose(tree)
    assert compose(tree, gathers=True).costs == month_costs(whole.repository, whole.manifests) != {}


def test_only_what_changed_is_expanded_again(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expanded: list[str] = []
    sound_projects = _expanded.sound_projects

    def counted(base: Any, names: Any, **options: Any) -> Any:
        expanded.extend(names)
        return sound_projects(base, names, **options)

    monkeypatch.setattr(_expanded, "sound_projects", counted)
    first = came(tree, tmp_path / "kept")
    assert sorted(expanded) == first[0]
    expanded.clear()
    assert came(tree, tmp_path / "kept") == first
    assert expanded == []
    CHANGES["another decision"](tree)
    came(tree, tmp_path / "kept")
    assert expanded == ["python-docs"]


def test_what_an_edit_meanwhile_is_of_is_not_kept(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound_projects = _expanded.sound_projects

    def edited_meanwhile(base: Any, names: Any, **options: Any) -> Any:
        CHANGES["another decision"](tree)
        return sound_projects(base, names, **options)

    monkeypatch.setattr(_expanded, "sound_projects", edited_meanwhile)
    came(tree, tmp_path / "kept")
    monkeypatch.setattr(_expanded, "sound_projects", sound_projects)
    edited(DECISIONS, "size: medium", "size: small")(tree)
    assert came(tree, tmp_path / "kept") == came(tree, None)
