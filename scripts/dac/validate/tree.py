"""The tree, project by project, standard by standard."""

from __future__ import annotations

from dac.model import Finding, Repository
from dac.validate.projects import project_findings
from dac.validate.wiring import wiring_findings


def validate(repository: Repository) -> list[Finding]:
    """Every finding about decisions and about the standards' own wiring, sorted."""
    findings = validate_standards(repository)
    for project in repository.projects.values():
        findings += project_findings(project, repository)
    return sorted(findings)


def validate_standards(repository: Repository) -> list[Finding]:
    """The findings about the standards alone."""
    return [f for standard in repository.standards.values() for f in wiring_findings(standard, repository)]
