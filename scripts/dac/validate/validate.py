"""The tree, project by project, standard by standard."""

from __future__ import annotations

from dac.model import Finding, Repository
from dac.validate.catalog import catalog_findings
from dac.validate.projects import project_findings
from dac.validate.schema import Schemas
from dac.validate.wiring import wiring_findings


def validate(repository: Repository) -> list[Finding]:
    """Every finding about decisions and about the standards' own wiring, sorted."""
    return sorted(validate_standards(repository) + validate_projects(repository))


def validate_projects(repository: Repository) -> list[Finding]:
    """Return the findings about projects alone."""
    schemas = Schemas(repository.standards)
    return [f for project in repository.projects.values() for f in project_findings(project, repository, schemas)]


def validate_standards(repository: Repository) -> list[Finding]:
    """Return the findings about the standards and the catalog alone."""
    wiring = [f for standard in repository.standards.values() for f in wiring_findings(standard, repository)]
    return [*catalog_findings(repository), *wiring]
