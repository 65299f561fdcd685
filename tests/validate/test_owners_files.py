"""What load and validation find of owners' files stands where it is, and gives a team nothing that it did not write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dac.load.owners import load_owned
from dac.model import Repository
from dac.validate.catalog import catalog_findings

WRONG_TYPE = ("catalog.wrong_type", 1)


@pytest.mark.parametrize(
    ("text", "expected", "projects"),
    [
        ("projects: [search]\n", [], ["search"]),
        ("[search]\n", [WRONG_TYPE], []),
        ("projects: search\n", [WRONG_TYPE], []),
        ("projects: {search: 1}\n", [WRONG_TYPE], []),
        ("projects: [search]\nbudget: {gpus: 99}\n", [WRONG_TYPE], ["search"]),
        ("project: [search]\n", [WRONG_TYPE], []),
        ("projects: [search, [chat], my-*]\n", [("catalog.owners", 1)], ["search", "my-*"]),
        ("projects: [\n", [("yaml.syntax", 1)], []),
    ],
)
def test_the_shape_of_an_owners_file(
    text: str, expected: list[tuple[str, int]], projects: list[str], tmp_path: Path, repository: Repository
) -> None:
    """What is not as it has to be is found there, and gives the team no project that it did not write."""
    folder = tmp_path / "standards/catalog/owners"
    folder.mkdir(parents=True)
    (folder / "team-docs.yaml").write_text(text)
    owners: dict[str, Any] = {"team-docs": {}, "team-chat": {}, "odd": "text"}
    findings = load_owned(tmp_path, replace(repository.catalog.documents["owners"], data=owners))[1]
    assert [(finding.code, finding.location.line) for finding in findings] == expected
    assert owners == {"team-docs": {"projects": projects}, "team-chat": {"projects": []}, "odd": "text"}


def test_an_owners_file_of_nobody_is_a_finding(tmp_path: Path, repository: Repository) -> None:
    folder = tmp_path / "standards/catalog/owners"
    folder.mkdir(parents=True)
    (folder / "team-docs.yaml").write_text("projects: [search]\n")
    for document in (None, replace(repository.catalog.documents["owners"], data=["team-docs"])):
        assert [finding.code for finding in load_owned(tmp_path, document)[1]] == ["catalog.owners"]


def test_what_is_wrong_with_an_owner_is_found_where_it_stands(repository: Repository) -> None:
    facts = {**repository.catalog.kinds["owners"]}
    facts["team-docs"] = {**facts["team-docs"], "github": "@evil/docs", "reads": ["s3://docs", "s3://dac-artifacts"]}
    document = replace(repository.catalog.documents["owners"], data=facts)
    catalog = replace(
        repository.catalog,
        kinds={**repository.catalog.kinds, "owners": facts},
        documents={**repository.catalog.documents, "owners": document},
    )
    findings = list(catalog_findings(replace(repository, catalog=catalog)))
    locations = [document.at(("team-docs", "github")), document.at(("team-docs", "reads", 1))]
    assert [finding.location for finding in findings] == locations
