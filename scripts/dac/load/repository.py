"""The whole tree, or a part of its projects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dac.load.credentials import load_credentials
from dac.load.projects import load_project, project_names
from dac.load.standards import load_catalog, load_observability, load_platform, load_standards
from dac.load.waivers import load_waivers
from dac.model import Finding, Project, Repository
from dac.model.credentials import Credentials


def find_root(start: Path) -> Path | None:
    """Return the nearest folder at or above `start` that holds standards/ and projects/; None where there is none."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / "standards").is_dir() and (folder / "projects").is_dir():
            return folder
    return None


def load_repository(root: Path, projects: Sequence[str] | None = None) -> tuple[Repository, list[Finding]]:
    """Read standards, catalog and projects.

    Args:
        root: absolute path of the tree.
        projects: folders' names to read; None reads all, an empty sequence none.

    Returns:
        The repository, and every YAML-level and envelope finding. A project with findings is in it as far as it could
        be read, for `validate`; it is to be left out before it is expanded.
    """
    catalog, findings = load_catalog(root)
    standards, broken, new_findings = load_standards(root)
    findings += new_findings
    platform, new_findings = load_platform(root)
    findings += new_findings
    waivers, new_findings = load_waivers(root)
    findings += new_findings
    loaded, new_findings = load_projects(root, project_names(root) if projects is None else projects)
    observability = load_observability(root)
    return Repository(
        root, catalog, standards, platform, loaded, broken, waivers, observability
    ), findings + new_findings


def load_projects(
    root: Path, names: Sequence[str], credentials: Credentials | None = None
) -> tuple[dict[str, Project], list[Finding]]:
    """Load only the named projects, as `load_repository` does; the credentials of the tree are read where not given."""
    loaded: dict[str, Project] = {}
    findings: list[Finding] = []
    credentials = credentials or load_credentials(root)
    for name in names:
        project, new_findings = load_project(root, name, credentials)
        findings += new_findings
        if project is not None:
            loaded[name] = project
    return loaded, findings
