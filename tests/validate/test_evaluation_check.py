"""The estimates of an eval suite's decisions that depend on what the catalog says of its dataset."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from dac.load import load_repository
from dac.validate import validate_projects

DECISIONS = """owner: team-docs
pipelines:
  answers:
    standard: eval-suite@v1
    endpoint: shared-assistant
    dataset: unicode-names@v1
    metrics: [exact_match]
    gate: {margin: 0.5}
    size: small
"""


def codes(folder: Path, root: Path, rows: int, groups: int = 0) -> dict[str, str]:
    """Return the findings about a suite whose dataset has so many rows, by code."""
    shutil.copytree(root / "standards", folder / "standards")
    datasets = folder / "standards/catalog/datasets.yaml"
    text = re.sub(r"(?m)^  rows: \d+", f"  rows: {rows}", datasets.read_text())
    datasets.write_text(re.sub(r"(?m)^  groups: \d+", f"  groups: {groups}", text))
    place = folder / "projects/docs-qa/decisions.yaml"
    place.parent.mkdir(parents=True)
    place.write_text(DECISIONS)
    findings = validate_projects(load_repository(folder)[0])
    return {finding.code: f"{finding.message}; {finding.remedy}" for finding in findings}


@pytest.mark.parametrize(("rows", "refused"), [(1, True), (49, True), (50, False), (51, False), (800, False)])
def test_a_dataset_of_too_few_rows_is_refused(tmp_path: Path, root: Path, rows: int, refused: bool) -> None:
    assert ("evaluation.too_few_rows" in codes(tmp_path, root, rows)) == refused


def test_the_message_says_how_many_are_needed(tmp_path: Path, root: Path) -> None:
    assert codes(tmp_path, root, 12)["evaluation.too_few_rows"] == (
        '"unicode-names@v1" has 12 rows, and a suite needs at least 50; a score of fewer says little; '
        "publish a larger dataset"
    )


@pytest.mark.parametrize(("groups", "warned"), [(0, False), (29, True), (30, False)])
def test_few_groups_are_warned_of(tmp_path: Path, root: Path, groups: int, warned: bool) -> None:
    assert ("evaluation.few_groups" in codes(tmp_path, root, 900, groups)) == warned
