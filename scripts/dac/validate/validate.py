"""The tree, project by project, standard by standard."""

from __future__ import annotations

from dataclasses import replace

from dac.model import Finding, Repository, Standard
from dac.validate.catalog import catalog_findings
from dac.validate.migrations import migration_findings
from dac.validate.projects import project_findings
from dac.validate.schema import Schemas
from dac.validate.wiring import wiring_findings


def validate_projects(repository: Repository, *, estimates: bool = True) -> list[Finding]:
    """Return the findings about projects alone.

    Args:
        repository: the tree.
        estimates: whether to make the estimates that standards name as `checks`; they read the catalog's facts, which
            must be sound.
    """
    schemas = Schemas(repository.standards)
    findings: list[Finding] = []
    for project in repository.projects.values():
        findings += project_findings(project, repository, schemas, estimates)
    return findings


def validate_standards(repository: Repository) -> list[Finding]:
    """Return the findings about the standards and the catalog alone."""
    wiring = []
    for standard in repository.standards.values():
        wiring += [_of(standard, finding) for finding in wiring_findings(standard, repository)]
        wiring += migration_findings(standard, repository)
    return [*catalog_findings(repository), *wiring]


def _of(standard: Standard, finding: Finding) -> Finding:
    """Return a finding that names the standard where it stands in another version's file, from which it is taken."""
    if finding.location.file in (standard.document.file, standard.template.file):
        return finding
    return replace(finding, message=f"{finding.message}; {standard.ref} takes this line")
