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


def test_projects_in_the_list_of_all_owners_are_a_finding(tmp_path: Path, repository: Repository) -> None:
    """The platform team alone reviews that list: a team would answer for what it has not agreed to."""
    owners: dict[str, Any] = {"team-docs": {"projects": ["search"]}, "team-chat": {}}
    document = replace(repository.catalog.documents["owners"], data=owners)
    (finding,) = load_owned(tmp_path, document)[1]
    assert (finding.location, finding.code) == (document.at_key(("team-docs", "projects")), "catalog.owners")
    assert finding.remedy == "move them to standards/catalog/owners/team-docs.yaml"
    assert owners == {"team-docs": {"projects": []}, "team-chat": {"projects": []}}


def test_what_is_wrong_with_an_owner_is_found_where_it_stands(repository: Repository) -> None:
    facts = {**repository.catalog.kinds["owners"]}
    reads = ["s3://docs", "s3://dac-artifacts", "docs-sites"]
    facts["team-docs"] = {**facts["team-docs"], "github": "@evil/docs", "reads": reads}
    document = replace(repository.catalog.documents["owners"], data=facts)
    catalog = replace(
        repository.catalog,
        kinds={**repository.catalog.kinds, "owners": facts},
        documents={**repository.catalog.documents, "owners": document},
    )
    findings = list(catalog_findings(replace(repository, catalog=catalog)))
    pointers: list[tuple[str | int, ...]] = [("github",), ("reads", 1), ("reads", 2)]
    locations = [document.at(("team-docs", *pointer)) for pointer in pointers]
    assert [finding.location for finding in findings] == locations
