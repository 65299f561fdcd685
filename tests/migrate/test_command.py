"""`dac migrate`: what it prints and writes, and what it refuses."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

pytestmark = pytest.mark.exhaustive

ROOT = Path(__file__).parents[2]
CASE = Path(__file__).parent / "cases" / "comments"
Dac = Callable[..., "CompletedProcess[str]"]
OTHER = """\
  tickets:
    standard: rag-indexing@v1
    source: s3://docs/tickets.jsonl
    embedding_model: all-minilm-l6-v2
    vector_store: qdrant
    schedule: nightly
    size: small
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a tree with the real standards and rules, and one project of v1."""
    for part in ("standards", "policy"):
        shutil.copytree(ROOT / part, tmp_path / part)
    project = tmp_path / "projects" / "python-docs"
    project.mkdir(parents=True)
    shutil.copy(CASE / "decisions.yaml", project)
    return tmp_path


def decisions(tree: Path) -> Path:
    return tree / "projects/python-docs/decisions.yaml"


def test_it_prints_how_the_file_would_differ_and_writes_nothing(tree: Path, dac: Dac) -> None:
    before = decisions(tree).read_bytes()
    done = dac("migrate", "python-docs", cwd=tree)
    assert done.returncode == 0
    assert '+    standard: "rag-indexing@v2" # see RFC 12\n' in done.stdout
    assert "+      main: s3://docs/manifest.jsonl   # one manifest\n" in done.stdout
    assert done.stderr.startswith("python-docs/search: rag-indexing@v1 to rag-indexing@v2: its source becomes")
    assert done.stderr.endswith("next: dac migrate python-docs --write\n")
    assert decisions(tree).read_bytes() == before
    assert not (tree / "projects/python-docs/rendered").exists()


def test_what_it_writes_checks_clean_and_is_rendered(tree: Path, dac: Dac) -> None:
    assert dac("render", cwd=tree).returncode == 0
    former = (tree / "projects/python-docs/rendered/pipelines/search.yaml").read_text()
    done = dac("migrate", "python-docs", "--write", cwd=tree)
    assert (done.returncode, done.stdout) == (0, "projects/python-docs/decisions.yaml\n")
    assert decisions(tree).read_bytes() == (CASE / "expected.yaml").read_bytes()
    checked = dac("check", "python-docs", cwd=tree)
    assert (checked.returncode, "error" in checked.stdout) == (0, False)
    assert dac("render", "--check", cwd=tree).returncode == 0
    rendered = (tree / "projects/python-docs/rendered/pipelines/search.yaml").read_text()
    # The same pipeline of the same account: mutex, alias, collection and grants follow from these names.
    assert "name: search\n  namespace: python-docs" in former
    assert "name: search\n  namespace: python-docs" in rendered
    assert "name: rag-indexing-v2" in rendered
    assert "value: main=s3://docs/manifest.jsonl" in rendered
    accounts = (tree / "projects/python-docs/rendered/platform/access.yaml").read_text()
    assert accounts.count("name: rag-indexing\n") == 1
    again = dac("migrate", "python-docs", cwd=tree)
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == "python-docs: nothing to move; no migration leads on from rag-indexing@v2\n"


def test_pipelines_move_one_by_one(tree: Path, dac: Dac) -> None:
    file = decisions(tree)
    file.write_text(file.read_text() + OTHER)
    assert dac("migrate", "python-docs/tickets", "--write", cwd=tree).returncode == 0
    assert file.read_text().count("rag-indexing@v1") == 1
    assert file.read_text().count("rag-indexing@v2") == 1
    assert dac("check", "python-docs", cwd=tree).returncode == 0
    accounts = (tree / "projects/python-docs/rendered/platform/access.yaml").read_text()
    assert accounts.count("name: rag-indexing\n") == 1  # both versions run as the one account


def test_a_project_with_errors_is_left_as_it_is(tree: Path, dac: Dac) -> None:
    file = decisions(tree)
    file.write_text(file.read_text().replace("size: small", "size: smal"))
    before = file.read_bytes()
    done = dac("migrate", "python-docs", "--write", cwd=tree)
    assert done.returncode == 1
    assert 'decisions.yaml:15:11: error: "smal" is not in' in done.stdout
    assert done.stderr == "nothing was moved: 1 error\n"
    assert file.read_bytes() == before


def test_where_no_migration_leads_it_says_who_could_write_one(tree: Path, dac: Dac) -> None:
    (tree / "standards/rag-indexing/v2/migration.yaml").unlink()
    done = dac("migrate", "python-docs", "--to", "rag-indexing@v2", cwd=tree)
    assert done.returncode == 1
    assert done.stdout == (
        "projects/python-docs/decisions.yaml:6:15: error: no migration leads from rag-indexing@v1 to rag-indexing@v2; "
        "standards/rag-indexing/v2/migration.yaml would say how; or edit the decisions by hand [migration.no_route]\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["python-doc"], 'there is no project "python-doc"; did you mean "python-docs"?'),
        (["python-docs/serch"], 'python-docs has no pipeline "serch"; did you mean "search"?'),
        (["python-docs", "--to", "v2"], '"v2" is not NAME@VERSION; write one such as rag-indexing@v2'),
        (["python-docs", "--to", "rag-indexing@v9"], 'there is no standard "rag-indexing@v9"; did you mean'),
    ],
)
def test_misuse_is_told(tree: Path, dac: Dac, words: list[str], message: str) -> None:
    done = dac("migrate", *words, cwd=tree)
    assert done.returncode == 2
    assert message in done.stderr
