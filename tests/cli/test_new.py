"""`dac new` refuses what `dac check` refuses, in the same words, and writes nothing then."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

pytestmark = pytest.mark.exhaustive

ROOT = Path(__file__).parents[2]
Dac = Callable[..., "CompletedProcess[str]"]
STANDARDS = sorted({path.parent.parent.name for path in (ROOT / "standards").glob("*/v*/standard.yaml")})
LIMIT = 64 - len("dac-") - len("-")  # of a cloud role's name, less what stands around project and standard


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("new") / "tree"
    for part in ("standards", "policy"):
        shutil.copytree(ROOT / part, tree / part)
    (tree / "projects").mkdir()
    owned = tree / "standards/catalog/owners/team-docs.yaml"
    owned.write_text(f"{owned.read_text()}  - listed\n")
    return tree


def refusals(tree: Path, dac: Dac, project: str, *words: str) -> set[str]:
    """Return what `dac new` says that does not pass; nothing is written."""
    done = dac("new", project, "--owner", "team-docs", *words, cwd=tree)
    assert (done.returncode, done.stdout) == (2, "")
    head, *lines = done.stderr.splitlines()
    assert head == "Error: what was given does not pass:"
    assert not (tree / "projects" / project).exists()
    return set(lines)


@pytest.fixture(scope="module")
def listed(tree: Path, dac: Dac, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of the project `listed` of a standard, which `dac new` writes once."""
    folder = tmp_path_factory.mktemp("listed")

    def of(standard: str) -> Path:
        written = folder / standard
        if not written.exists():
            done = dac("new", "listed", "--standard", standard, "--owner", "team-docs", cwd=tree)
            assert done.returncode == 0, done.stderr
            shutil.move(tree / "projects" / "listed", written)
        return written

    return of


def checked(tree: Path, dac: Dac, project: str) -> set[str]:
    """Return what `dac check` says of the file that `dac new` would have written, for the same project."""
    shutil.copytree(tree / "projects" / "listed", tree / "projects" / project)
    try:
        lines = dac("check", project, cwd=tree).stdout.splitlines()
    finally:
        shutil.rmtree(tree / "projects" / project)
    return {line for line in lines if line.startswith(f"projects/{project}/") and "[owner_known." not in line}


NAMES = [
    "dac",
    "deploy",
    "argo",
    "argocd",
    "default",
    "external-secrets",
    "kube-dns",
    "dac-platform",
    "Upper",
    "under_score",
    "x" * 64,
    "d\u043ecs",  # with a Cyrillic o
]


@pytest.mark.parametrize(
    ("project", "standard"),
    [
        *((name, "rag-indexing") for name in NAMES),
        *(("dac", standard) for standard in STANDARDS),
        *(("a" * (LIMIT - len(standard) + 1), standard) for standard in STANDARDS),
    ],
)
def test_new_refuses_what_check_refuses(
    project: str, standard: str, tree: Path, listed: Callable[[str], Path], dac: Dac
) -> None:
    refused = refusals(tree, dac, project, "--standard", standard)
    assert refused, "it says why"
    shutil.copytree(listed(standard), tree / "projects" / "listed")
    try:
        assert refused == checked(tree, dac, project)
    finally:
        shutil.rmtree(tree / "projects" / "listed")


@pytest.mark.parametrize("standard", STANDARDS)
def test_the_longest_name_that_a_cloud_role_allows_passes(standard: str, tree: Path, dac: Dac) -> None:
    project = "a" * (LIMIT - len(standard))
    done = dac("new", project, "--standard", standard, "--owner", "team-docs", cwd=tree)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(tree / "projects" / project)


def test_a_project_beyond_its_owners_budget_is_refused(tree: Path, dac: Dac) -> None:
    """Beside the projects that are there: their quotas are added up."""
    owners = tree / "standards/catalog/owners.yaml"
    before = owners.read_text()
    owners.write_text(before.replace("cpu: 32, memory: 128Gi", "cpu: 1, memory: 128Gi"))
    try:
        (line,) = refusals(tree, dac, "small-budget", "--standard", "rag-indexing")
    finally:
        owners.write_text(before)
    assert "[quota_budget.over_limit]" in line


def test_rules_that_cannot_be_evaluated_refuse_a_draft(tree: Path, dac: Dac) -> None:
    broken = tree / "policy/lib/broken.rego"
    broken.write_text("package broken\n\nx := nothing.here(\n")
    try:
        done = dac("new", "fresh", "--standard", "rag-indexing", cwd=tree)
    finally:
        broken.unlink()
    assert done.returncode == 2
    assert "Error: the rules cannot be evaluated; run: dac check" in done.stderr
    assert not (tree / "projects/fresh").exists()
