"""CODEOWNERS, derived: the centre's folders are the platform team's, each project its owner's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dac.model import Finding, Location, Repository

PLATFORM = "platform"
# A project's team decides; what the platform derives from the decision, and may grant with it, stays the platform's.
_CENTRE = (
    "/standards/",
    "/policy/",
    "/images/",
    "/scripts/",
    "/tests/",
    "/.github/",
    "/.gitlab/",
    "/.gitlab-ci.yml",
    "/.ci/",
    "/Makefile",
    "/pyproject.toml",
)
_HEADER = "# Rendered by dac render, from standards/catalog/owners.yaml and each project's owner.\n"


def codeowners(repository: Repository) -> bytes:
    """Return the text of .github/CODEOWNERS; a later line wins, as GitHub reads it.

    A project whose owner is not in the catalog is left to the platform team (a policy refuses it anyway).
    """
    owners = repository.catalog.kinds.get("owners", {})
    platform = _team(owners, PLATFORM)
    lines = [f"* {platform}", *(f"{path} {platform}" for path in _CENTRE)]
    # What a team owns is that team's to agree to: alone, since of several owners of a file any one may approve.
    lines += [f"/standards/catalog/owners/{name}.yaml {_team(owners, name)}" for name in sorted(owners)]
    for name, project in sorted(repository.projects.items()):
        team = _team(owners, project.owner) if project.owner in owners else platform
        lines += [f"/projects/{name}/ {team}", f"/projects/{name}/rendered/platform/ {platform}"]
    return (_HEADER + "\n".join(lines) + "\n").encode()


def without_platform(repository: Repository) -> list[Finding]:
    """Return the finding that nobody is left to own what no project does."""
    if PLATFORM in repository.catalog.kinds.get("owners", {}):
        return []
    place = Location("standards/catalog/owners.yaml")
    text = "there is no owner platform, who owns what no project does"
    return [Finding(place, "catalog.no_platform", text, "add it")]


def _team(owners: Mapping[str, Any], name: str) -> str:
    return str(owners[name]["github"])
