"""Files in Argo CD's reach that nothing renders to, and files that nothing reads, found by the real `dac check`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Dac = Callable[..., "CompletedProcess[str]"]
FEATURES = Path(__file__).parents[1] / "cases" / "rendered" / "features"
OF_STANDARD = "remove it; a standard is a folder standards/<name>/v<number> with a standard.yaml [tree.stray]"
OF_PROJECT = "remove it, or run dac render, which does [tree.stray]"


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("standards/evil/x1/rendered.yaml", OF_STANDARD),
        ("standards/evil/v1/rendered.yaml", OF_STANDARD),
        ("standards/copying/v1/sub/rendered.yaml", OF_STANDARD),
        ("standards/copying/rendered.yaml", OF_STANDARD),
        ("standards/platform/cluster/rendered.yaml", OF_STANDARD),
        ("projects/first/rendered/pipelines/sub/evil.yaml", OF_PROJECT),
        ("projects/first/rendered/pipelines/evil.json", OF_PROJECT),
        ("projects/first/rendered/platform/kustomization.yml", OF_PROJECT),
        ("projects/first/rendered/evil.yaml", OF_PROJECT),
        ("projects/.evil/rendered/platform/evil.yaml", OF_PROJECT),
    ],
)
def test_a_file_that_nothing_renders_is_a_finding(path: str, remedy: str, tmp_path: Path, dac: Dac) -> None:
    tree = written(tmp_path, path)
    assert f"{path}:1:1: error: {path} is rendered by nothing; {remedy}\n" in dac("check", cwd=tree).stdout


@pytest.mark.parametrize("folder", ["standards", "standards/platform/rendered", "projects/first/rendered/pipelines"])
@pytest.mark.parametrize("name", [".argocd-source.yaml", ".argocd-source-first-pipelines.yaml"])
def test_a_file_that_changes_what_is_read_is_a_finding(folder: str, name: str, tmp_path: Path, dac: Dac) -> None:
    tree = written(tmp_path, f"{folder}/{name}")
    assert (
        f"{name} changes what Argo CD reads from its folder; remove it [tree.source_override]"
        in dac("check", cwd=tree).stdout
    )


@pytest.mark.parametrize("path", ["CODEOWNERS", "docs/CODEOWNERS"])
def test_other_code_owners_are_a_finding(path: str, tmp_path: Path, dac: Dac) -> None:
    """GitLab reads them before those that are rendered; a link to nowhere is one too."""
    tree = written(tmp_path, path)
    for place in (path, ".gitlab/CODEOWNERS"):
        assert (f"error: {place} says who approves what" in dac("check", cwd=tree).stdout) == (place == path)
    (tree / path).unlink()
    (tree / path).symlink_to("nowhere")
    assert f"{path}:1:1: error: {path} says who approves what" in dac("check", cwd=tree).stdout


def test_a_submodule_is_a_finding(tmp_path: Path, dac: Dac) -> None:
    """Argo CD checks submodules out, and CI does not."""
    tree = written(tmp_path, ".gitmodules")
    finding = ".gitmodules brings files of other repositories, which Argo CD would read and nobody reviews here; "
    for words in (("check",), ("check", "first")):
        assert f".gitmodules:1:1: error: {finding}remove it" in dac(*words, cwd=tree).stdout


def test_only_the_named_projects_are_looked_at(tmp_path: Path, dac: Dac) -> None:
    tree = written(tmp_path, "projects/first/rendered/evil.yaml")
    assert "[tree.stray]" in dac("check", "first", cwd=tree).stdout
    assert "[tree.stray]" not in dac("check", "second", cwd=tree).stdout


def test_what_is_rendered_is_no_stray(tmp_path: Path, dac: Dac) -> None:
    assert "[tree." not in dac("check", cwd=written(tmp_path, "projects/first/notes/rendered.yaml")).stdout


UNREAD = {
    "owners.yml": "files of facts end in .yaml",
    "owners.YAML": "files of facts end in .yaml",
    "owners/platform.yml": "files of facts end in .yaml",
    "owners/platform.yaml.bak": "an owner's file ends in .yaml",
    "owners/platform.json": "an owner's file ends in .yaml",
    "owners/old/platform.yaml": "no folder but owners/ is read below standards/catalog",
    "prices/eu.yaml": "no folder but owners/ is read below standards/catalog",
    "Owners/platform.yaml": "no folder but owners/ is read below standards/catalog",
    "owners.json": "the catalog is KIND.yaml and KIND.schema.json",
    "owners.yaml.txt": "the catalog is KIND.yaml and KIND.schema.json",
    "owners.yaml~": "the catalog is KIND.yaml and KIND.schema.json",
    "limits": "the catalog is KIND.yaml and KIND.schema.json",
}


@pytest.mark.parametrize(("name", "reason"), UNREAD.items())
def test_a_file_of_the_catalog_that_nothing_reads_is_a_finding(
    name: str, reason: str, tmp_path: Path, dac: Dac
) -> None:
    """A reviewer would take it for a list that holds."""
    path = f"standards/catalog/{name}"
    finding = f"{path}:1:1: error: {path} is read by nothing: {reason}; rename it to what is read, or remove it"
    for words in (("check",), ("check", "first")):
        assert f"{finding} [tree.unread]" in dac(*words, cwd=written(tmp_path / words[-1], path)).stdout


@pytest.mark.parametrize("path", ["standards/copying/v1/standard.yml", "standards/platform/cluster/admission.yml"])
def test_a_file_of_a_standard_that_nothing_reads_is_a_finding(path: str, tmp_path: Path, dac: Dac) -> None:
    assert f"{path} is read by nothing: files of facts end in .yaml" in dac("check", cwd=written(tmp_path, path)).stdout


@pytest.mark.parametrize("kind", ["Owners", "owners-2", ".owners", "owners.old", "\u043ewners"])
def test_a_kind_that_is_like_another_is_a_finding(kind: str, tmp_path: Path, dac: Dac) -> None:
    tree = written(tmp_path, f"standards/catalog/{kind}.yaml")
    (tree / f"standards/catalog/{kind}.schema.json").write_text('{"type": "object"}')
    assert "is not a kind: it has small letters, digits and _ alone" in dac("check", cwd=tree).stdout


def test_pages_for_people_and_hidden_files_are_let_be(tmp_path: Path, dac: Dac) -> None:
    tree = written(tmp_path, "standards/catalog/README.md")
    (tree / "standards/catalog/.owners.yaml.swp").write_text("")
    assert "[tree." not in dac("check", cwd=tree).stdout


def written(folder: Path, path: str) -> Path:
    """Return a rendered tree that holds one more file."""
    tree = folder / "tree"
    shutil.copytree(FEATURES, tree)
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text("kind: ClusterWorkflowTemplate\n")
    return tree
