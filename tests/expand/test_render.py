"""The real `dac render`: goldens, drift, what is left alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from features_tree import CASES, contents, copied, outputs

Dac = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_goldens(case: str, tmp_path: Path, dac: Dac, golden: Callable[[Path, bytes], None]) -> None:
    tree = copied(CASES / case, tmp_path / "tree")
    result = dac("render", cwd=tree)
    assert (result.returncode, result.stderr) == (0, f"{len(outputs(tree))} written, 0 removed, 0 unchanged\n")
    for path, data in contents(tree).items():
        golden(CASES / case / path, data)
    assert outputs(CASES / case) == outputs(tree), "a golden that is rendered no more: remove it"


def test_same_bytes_whatever_the_hash_seed(tree: Path, dac_program: Dac) -> None:
    """CEL keeps maps in no order, and Python's own sets neither: neither may reach a file."""
    dac_program("render", cwd=tree, PYTHONHASHSEED="1")
    first = contents(tree)
    for seed in ("2", "3"):
        for path in outputs(tree):
            (tree / path).unlink()
        assert dac_program("render", cwd=tree, PYTHONHASHSEED=seed).returncode == 0
        assert contents(tree) == first


def test_many_projects_in_workers_give_what_one_gives(tree: Path, dac: Dac) -> None:
    """Enough projects for two processes: what is shared by forking must not show."""
    for number in range(60):
        shutil.copytree(tree / "projects" / "second", tree / "projects" / f"copy-{number}")
    assert dac("render", cwd=tree).returncode == 0
    alone = contents(tree)
    for path in alone:
        (tree / path).unlink()
    for number in range(60):
        assert dac("render", f"copy-{number}", cwd=tree).returncode == 0 if number % 20 == 0 else True
    for path, data in contents(tree).items():
        assert data == alone[path]


def test_a_second_render_writes_nothing(tree: Path, dac: Dac) -> None:
    dac("render", cwd=tree)
    before = {path: os.stat(tree / path).st_mtime_ns for path in outputs(tree)}
    result = dac("render", cwd=tree)
    assert (result.stdout, result.stderr) == ("", f"0 written, 0 removed, {len(before)} unchanged\n")
    assert {path: os.stat(tree / path).st_mtime_ns for path in outputs(tree)} == before


def test_check_names_each_drift_and_the_command_that_repairs_it(tree: Path, dac: Dac) -> None:
    dac("render", cwd=tree)
    folder = tree / "projects" / "first" / "rendered"
    (folder / "pipelines" / "plain.yaml").write_text("by hand\n")
    (folder / "platform" / "accounts.yaml").unlink()
    (folder / "pipelines" / "old.yaml").write_text("of a pipeline that is gone\n")
    before = contents(tree)
    result = dac("render", "--check", cwd=tree)
    at = "projects/first/rendered"
    assert result.stdout == (
        f"{at}/pipelines/old.yaml:1:1: error: is rendered by nothing any more; run: dac render [render.stale]\n"
        f"{at}/pipelines/plain.yaml:1:1: error: is not what is rendered here; run: dac render [render.different]\n"
        f"{at}/platform/accounts.yaml:1:1: error: what is rendered here is missing; run: dac render [render.missing]\n"
    )
    assert (result.returncode, result.stderr) == (1, "12 files compared: 3 differ\n")
    assert contents(tree) == before, "--check writes nothing"
    result = dac("render", "first", cwd=tree)
    assert result.stdout == (
        f"removed {at}/pipelines/old.yaml\nwrote {at}/pipelines/plain.yaml\nwrote {at}/platform/accounts.yaml\n"
    )
    assert dac("render", "--check", cwd=tree).returncode == 0


def test_a_rendered_file_that_cannot_be_read_is_written_anew(tree: Path, dac: Dac) -> None:
    """What is rendered is not read, so that its faults do not keep it from being repaired."""
    dac("render", cwd=tree)
    broken = next((tree / "standards/platform/rendered").glob("*.yaml"))
    rendered = broken.read_bytes()
    broken.write_text("a: [\n<<<<<<< HEAD\n")
    assert dac("render", "--check", cwd=tree).returncode == 1
    assert dac("render", cwd=tree).returncode == 0
    assert broken.read_bytes() == rendered


def test_a_named_project_leaves_the_others_alone(tree: Path, dac: Dac) -> None:
    result = dac("render", "second", cwd=tree)
    assert outputs(tree) == {
        ".github/CODEOWNERS",
        "projects/second/rendered/pipelines/plain.yaml",
        "projects/second/rendered/platform/accounts.yaml",
    }
    assert result.stderr == "3 written, 0 removed, 0 unchanged\n"


def test_a_new_project_rendered_by_name_leaves_no_drift(tree: Path, dac: Dac) -> None:
    dac("render", cwd=tree)
    shutil.copytree(tree / "projects" / "second", tree / "projects" / "third")
    assert "wrote .github/CODEOWNERS\n" in dac("render", "third", cwd=tree).stdout
    assert dac("render", "--check", cwd=tree).stdout == ""


def test_gitlab_reads_the_same_code_owners(tree: Path, dac: Dac) -> None:
    """GitLab looks in .gitlab/ and never in .github/: without a file of its own, anybody would approve anything."""
    dac("render", cwd=tree)
    assert not (tree / ".gitlab").exists()
    (tree / ".gitlab-ci.yml").write_text("")
    assert "missing" in dac("render", "--check", cwd=tree).stdout
    assert "wrote .gitlab/CODEOWNERS\n" in dac("render", "second", cwd=tree).stdout
    assert (tree / ".gitlab/CODEOWNERS").read_bytes() == (tree / ".github/CODEOWNERS").read_bytes()
    assert dac("render", "--check", cwd=tree).stdout == ""


def test_codeowners_keeps_a_project_that_cannot_be_read(tree: Path, dac: Dac) -> None:
    dac("render", cwd=tree)
    (tree / "projects" / "first" / "decisions.yaml").write_text("owner: [\n")
    assert dac("render", "second", cwd=tree).stdout == ""
    assert "/projects/first/" in (tree / ".github" / "CODEOWNERS").read_text()


def test_a_pipeline_that_is_gone_takes_its_folder_along(tree: Path, dac: Dac) -> None:
    dac("render", cwd=tree)
    stray = tree / "projects" / "second" / "rendered" / "extra" / "deep" / "file.yaml"
    stray.parent.mkdir(parents=True)
    stray.write_text("")
    assert dac("render", "second", cwd=tree).stdout == "removed projects/second/rendered/extra/deep/file.yaml\n"
    assert not (tree / "projects" / "second" / "rendered" / "extra").exists()


def test_the_tree_itself_is_rendered(dac: Dac) -> None:
    result = dac("render", "--check")
    assert (result.stdout, result.returncode) == ("", 0)


def test_each_standard_says_what_changed(root: Path) -> None:
    for standard in root.glob("standards/*/v*/standard.yaml"):
        assert (standard.parent / "CHANGELOG.md").is_file(), f"{standard.parent} has no CHANGELOG.md"
