"""CODEOWNERS as it is written: whose line each part of the tree has, and which line is last."""

from __future__ import annotations

from pathlib import Path

from dac.expand import codeowners, without_platform
from dac.model import Catalog, Document, Project, Repository

OWNERS = {"platform": {"github": "@x/platform"}, "team-b": {"github": "@x/b"}, "team-a": {"github": "@x/a"}}
DECIDED = {"one": "team-a", "two": "team-b", "lost": "nobody"}


def repository(owners: dict[str, dict[str, str]]) -> Repository:
    """Return a tree with those owners, in which three projects name theirs."""
    projects = {name: Project(name, owner, {}, Document(name, None)) for name, owner in DECIDED.items()}
    return Repository(Path("/"), Catalog({"owners": owners}, {}), {}, {}, projects, frozenset(), [], {})


def test_the_whole_text() -> None:
    """The platform team has what nobody else has, and all that a project's team could grant itself with."""
    centre = ["standards/", "policy/", "images/", "scripts/", "tests/", ".github/", ".gitlab/", ".gitlab-ci.yml"]
    centre += [".ci/", "Makefile", "pyproject.toml"]
    assert codeowners(repository(OWNERS)).decode().splitlines() == [
        "# Rendered by dac render, from standards/catalog/owners.yaml and each project's owner.",
        "* @x/platform",
        *(f"/{path} @x/platform" for path in centre),
        "/standards/catalog/owners/platform.yaml @x/platform",
        "/standards/catalog/owners/team-a.yaml @x/a",
        "/standards/catalog/owners/team-b.yaml @x/b",
        "/projects/lost/ @x/platform",
        "/projects/lost/rendered/platform/ @x/platform",
        "/projects/one/ @x/a",
        "/projects/one/rendered/platform/ @x/platform",
        "/projects/two/ @x/b",
        "/projects/two/rendered/platform/ @x/platform",
    ]


def test_no_owner_platform() -> None:
    assert without_platform(repository(OWNERS)) == []
    assert [str(finding) for finding in without_platform(repository({"team-a": OWNERS["team-a"]}))] == [
        "standards/catalog/owners.yaml:1:1: error: there is no owner platform, who owns what no project does; add it "
        "[catalog.no_platform]"
    ]
