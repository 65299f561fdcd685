"""Owners: who approves, spends and reads is plain, and nobody by accident."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from changed_catalog import problems
from dac.load.owners import load_owned
from dac.model import Finding, Repository

NO_TEAMS = [
    *(
        "# none",
        "#",
        "",
        " ",
        "@",
        "@example",
        "@example/",
        "example/docs",
        "docs",
        "docs@example.com",
        "@/docs",
        "!@example/docs",
    ),
    *(
        "@example/docs # @example/platform",
        "@example/docs @evil/docs",
        "@example/docs,@evil/docs",
        "@example/docs\n* @evil/x",
    ),
    *(
        "@example/docs/evil",
        "@example//docs",
        "@example/docs/",
        "@example/*",
        "@*/docs",
        "@example/Docs",
        "@example/docs\u00a0",
    ),
    *(
        "@example /docs",
        "\t@example/docs",
        "@example/docs\r",
        "@example/d\u043ecs",
        "@-example/docs",
        "@example-/docs",
        "@example/.",
    ),
    *(
        "@example/..",
        "@example/docs\\",
        "@@example/docs",
        "@example/-docs",
        "@" + "e" * 40 + "/docs",
        "@example/\u200bdocs",
    ),
]


@pytest.mark.parametrize("team", NO_TEAMS)
def test_a_code_owner_that_is_no_team(team: str, repository: Repository) -> None:
    """GitHub would leave the line out, or read a comment: what nobody owns, anybody approves."""
    messages = problems(repository, "owners", lambda owners: owners["team-docs"].update(github=team))
    assert [text.split(":")[0] for text in messages] == ["catalog.not_allowed"]


def test_a_team_of_another_organisation_is_ignored_by_github(repository: Repository) -> None:
    def change(owners: dict[str, Any]) -> None:
        owners["team-docs"]["github"] = "@evil/docs"
        owners["team-support"]["github"] = "@Example/support"  # GitHub ignores case there

    assert problems(repository, "owners", change) == [
        'catalog.owners: "@evil/docs" is not a team of @example, whose repository this is: GitHub ignores it'
    ]


@pytest.mark.parametrize(
    "name",
    [
        "*",
        "team docs",
        "#team",
        "Team-Docs",
        "team_docs",
        "../projects",
        "a/b",
        "team-",
        "-team",
        "",
        "team.yaml @evil/x",
        "t\u00e9am",
    ],
)
def test_an_owner_whose_file_no_line_names(name: str, repository: Repository) -> None:
    """Its line in CODEOWNERS would be another pattern, such as that of all files."""
    messages = problems(repository, "owners", lambda owners: owners.update({name: dict(owners["team-docs"])}))
    assert [text.split(":")[0] for text in messages] == ["catalog.owners"]


@pytest.mark.parametrize(
    "address", ["s3://dac-artifacts", "s3://dac-artifacts/", "s3://dac-workflows", "s3://dac-workflows/"]
)
def test_an_owner_that_reads_everybodys_runs(address: str, repository: Repository) -> None:
    (message,) = problems(repository, "owners", lambda owners: owners["team-docs"].update(reads=["s3://docs", address]))
    assert "where the files of all projects are" in message


@pytest.mark.parametrize("steps", ["/.", "/..", "/./x", "/x/../y", "/x/.."])
def test_an_owner_that_reads_by_steps_up(steps: str, repository: Repository) -> None:
    """A store over a file system would follow them; S3 itself has keys of these names."""
    (message,) = problems(repository, "owners", lambda owners: owners["team-docs"].update(reads=[f"s3://docs{steps}"]))
    assert "has a step . or .." in message


@pytest.mark.parametrize("address", ["s3://docs/...", "s3://docs/.x/x..", "s3://docs/a.b/"])
def test_dots_in_a_name_are_no_steps(address: str, repository: Repository) -> None:
    assert problems(repository, "owners", lambda owners: owners["team-docs"].update(reads=[address])) == []


@pytest.mark.parametrize("address", ["s3://dac-artifacts/search", "s3://dac-artifacts-of-docs", "s3://dac"])
def test_an_owner_that_reads_a_folder(address: str, repository: Repository) -> None:
    assert problems(repository, "owners", lambda owners: owners["team-docs"].update(reads=[address])) == []


def test_a_source_that_an_owner_reads_is_one_of_the_catalog(repository: Repository) -> None:
    assert problems(repository, "owners", lambda owners: owners["team-docs"].update(reads=["docs-site"])) == []
    (message,) = problems(repository, "owners", lambda owners: owners["team-docs"].update(reads=["docs-sites"]))
    assert '"docs-sites" is not in standards/catalog/sources.yaml' in message


def test_a_source_elsewhere_has_networks_and_only_a_repository_a_revision(repository: Repository) -> None:
    nowhere = {"cidrs": [], "ports": []}
    (message,) = problems(
        repository, "sources", lambda sources: sources["docs-site"].update(egress={**nowhere, "ports": [443]})
    )
    assert "no network is listed" in message
    (message,) = problems(repository, "sources", lambda sources: sources["docs-site"].update(revision="main"))
    assert "is not a Git repository, which alone has a revision" in message
    stored = {"address": "s3://docs/in", "egress": nowhere}
    assert problems(repository, "sources", lambda sources: sources["docs-site"].update(stored)) == []
    (message,) = problems(repository, "sources", lambda sources: sources["docs-site"].update(address="gs://docs/in"))
    assert 'address of "docs-site" is "gs://docs/in": it must match' in message


ENTRIES = [
    *(
        "",
        " ",
        "*",
        "**",
        "a*",
        "ab*",
        "-*",
        "--*",
        "a**",
        "a*b",
        "*a",
        "Search",
        "search-*-x",
        "search?",
        "[a-z]*",
        "search/*",
    ),
    *(
        "../search",
        "search *",
        "search\n",
        ".",
        "/",
        "s\u0435arch",
        "SEARCH-*",
        "search,docs",
        "!search",
        "~",
        "search_x",
        "search\u200b",
    ),
    *(None, 1, True, [], {}, ["search"]),
    *("a-", "abc-", "a" * 64, f"{'a' * 63}*"),  # what no project can be called, which looks as if it held
]


def owned(tmp_path: Path, repository: Repository, entries: list[Any]) -> list[Finding]:
    """Return what is found in the file of a team that lists these entries."""
    folder = tmp_path / "standards/catalog/owners"
    folder.mkdir(parents=True)
    (folder / "team-docs.yaml").write_text(yaml.safe_dump({"projects": entries}))
    return load_owned(tmp_path, replace(repository.catalog.documents["owners"], data={"team-docs": {}}))[1]


@pytest.mark.parametrize("entry", ENTRIES, ids=repr)
def test_a_team_lists_names_and_beginnings_of_names_alone(entry: Any, tmp_path: Path, repository: Repository) -> None:
    """What takes every name, or nearly, would be a claim on projects that other teams mean to have."""
    findings = owned(tmp_path, repository, ["search", "my-*", entry])
    assert len(findings) == 1
    assert findings[0].location.line == 4


@pytest.mark.parametrize("entries", [["search", "x", "search"], ["my-*", "my-*"], ["my-*"] * 3])
def test_an_entry_is_listed_once(entries: list[str], tmp_path: Path, repository: Repository) -> None:
    """A line that is taken out would seem to end what the other one goes on with."""
    assert [finding.message for finding in owned(tmp_path, repository, entries)] == [
        f'"{entries[0]}" is listed more than once'
    ]


@pytest.mark.parametrize("entries", [["123", "a--b", "a", "abc*", "abc-*", "a" * 63, f"{'a' * 62}*"], []])
def test_entries(entries: list[str], tmp_path: Path, repository: Repository) -> None:
    assert owned(tmp_path, repository, entries) == []


def test_a_code_owner_is_refused_before_codeowners_is_written(
    tmp_path: Path, dac: Callable[..., Any], example_tree: Path
) -> None:
    tree = shutil.copytree(example_tree, tmp_path / "tree")
    file = tree / "standards/catalog/owners.yaml"
    file.write_text(file.read_text().replace('"@example/docs"', '"# none"'))
    result = dac("render", cwd=tree)
    assert result.returncode == 1
    assert "catalog.not_allowed" in result.stderr
    assert not (tree / ".github/CODEOWNERS").exists()
