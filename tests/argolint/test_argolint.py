"""Argo's own linter over manifests with a fault each: what it says is expected.txt, to the letter.

The cases are the folders of tests/argolint; `pytest --rewrite` writes what is said.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = sorted(file.parent for file in (ROOT / "tests/argolint").glob("*/manifest.yaml"))
Golden = Callable[[Path, bytes], None]


@pytest.fixture(scope="module")
def argolint() -> str:
    """Return the program, built where it is missing."""
    built = subprocess.run([ROOT / "scripts/argolint/build.sh"], check=True, stdout=subprocess.PIPE, text=True)
    return built.stdout.strip()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_is_told(case: Path, argolint: str, golden: Golden) -> None:
    done = subprocess.run([argolint, "manifest.yaml"], cwd=case, capture_output=True)
    assert done.stderr == b""
    golden(case / "expected.txt", done.stdout)
    assert done.returncode == (1 if done.stdout else 0)


def test_only_the_sound_one_passes() -> None:
    assert [case.name for case in CASES if not (case / "expected.txt").read_bytes()] == ["sound"]


def test_a_folder_is_read_whole_and_a_template_is_found_in_another_file(argolint: str, tmp_path: Path) -> None:
    template, _, cron = (ROOT / "tests/argolint/sound/manifest.yaml").read_text().partition("---\n")
    (tmp_path / "template.yaml").write_text(template)
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines/docs.yaml").write_text(cron)
    words = [argolint, "pipelines", "template.yaml"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = subprocess.run(words[:2], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (
        1,
        'pipelines/docs.yaml: in "docs" (CronWorkflow): cannot validate Workflow: '
        'couldn\'t find cluster workflow template "index-v1"\n',
    )


@pytest.mark.parametrize(
    ("words", "fault"),
    [([], "usage: argolint PATH...\n"), (["none.yaml"], "argolint: lstat none.yaml: no such file or directory\n")],
    ids=["nothing", "no-file"],
)
def test_misuse_is_told(argolint: str, tmp_path: Path, words: list[str], fault: str) -> None:
    done = subprocess.run([argolint, *words], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", fault)
