"""load -> validate -> expand, in one go, for every command that needs manifests."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dac.cli._workers import share
from dac.expand import Expander
from dac.load import (
    credential_findings,
    irregular_findings,
    load_credentials,
    load_projects,
    load_repository,
    project_names,
    stray_findings,
)
from dac.model import Finding, Manifest, Project, Repository, Severity, beyond
from dac.model.credentials import Credentials
from dac.validate import validate_projects, validate_standards


@dataclass(frozen=True, slots=True)
class Composed:
    """What the tree came to.

    Attributes:
        repository: with the sound projects alone.
        manifests: what they and the standards render to.
        findings: sorted; about what was read, decided and expanded.
        names: the projects that were looked at, sound or not.
        tree: with every standard, used here or not, and without projects.
    """

    repository: Repository
    manifests: list[Manifest]
    findings: list[Finding]
    names: list[str]
    tree: Repository

    @property
    def failed(self) -> bool:
        """Whether a finding is an error."""
        return failed(self.findings)


def compose(root: Path, names: Sequence[str] | None = None, *, every_standard: bool = False) -> Composed:
    """Load, validate and expand the named projects and the standards that they use; None means everything.

    With `every_standard`, the standards that no named project uses are among them. A project with an error gets no
    manifests; nor do the standards while one of them, or the catalog, has an error.
    """
    gc.disable()  # what is loaded stays to the end: collecting it again and again takes a third of the time
    base, findings = load_repository(root, [])
    used = base if names is None or every_standard else _used(base, names)
    looked_at = names
    irregular = irregular_findings(root, names)
    findings += beyond(findings, validate_standards(used))
    names = project_names(root) if names is None else sorted(names)
    manifests: list[Manifest] = []
    expander = None if failed(findings) else Expander(used)
    if expander:  # before the workers are forked, so that they have what it compiled and evaluated
        manifests, new_findings = expander.standards()
        findings += new_findings
    credentials = load_credentials(root)
    if looked_at is None:
        beside = sorted({path.name for path in (root / "projects").iterdir()} - set(names))
        findings += credential_findings(root, [f"projects/{name}" for name in beside], credentials)
    projects: dict[str, Project] = {}
    for sound, rendered, new_findings in share(partial(expanded_projects, base, expander, credentials), names):
        projects |= sound
        manifests += rendered
        findings += new_findings
    findings += beyond(findings, irregular)
    findings += beyond(findings, stray_findings(root, looked_at))
    return Composed(replace(used, projects=projects), manifests, sorted(set(findings)), list(names), base)


def _used(base: Repository, names: Sequence[str]) -> Repository:
    """Return the tree with only the standards that the named projects use: all that their check needs."""
    projects, _ = load_projects(base.root, names)
    used = {pipeline.standard for project in projects.values() for pipeline in project.pipelines.values()}
    return replace(base, standards={ref: standard for ref, standard in base.standards.items() if ref in used})


def failed(findings: Iterable[Finding]) -> bool:
    """Whether a finding is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def sound_projects(
    base: Repository, names: Sequence[str], *, estimates: bool
) -> tuple[dict[str, Project], list[Finding]]:
    """Return the named projects that have no error, and every finding about the named.

    Args:
        base: the tree without its projects.
        names: the projects.
        estimates: whether to make the standards' own estimates, which need a sound catalog.
    """
    projects, findings = load_projects(base.root, names)
    return sound_among(base, projects, findings, estimates=estimates)


def sound_among(
    base: Repository, projects: Mapping[str, Project], findings: list[Finding], *, estimates: bool
) -> tuple[dict[str, Project], list[Finding]]:
    """As `sound_projects`, of projects that were loaded with some findings."""
    repository = replace(base, projects=projects)
    findings += beyond(findings, validate_projects(repository, estimates=estimates))
    unsound = {finding.location.file for finding in findings if finding.severity is Severity.ERROR}
    return {name: project for name, project in projects.items() if project.document.file not in unsound}, findings


def expanded_projects(
    base: Repository, expander: Expander | None, credentials: Credentials, names: Sequence[str]
) -> tuple[dict[str, Project], list[Manifest], list[Finding]]:
    """Return the sound ones of some projects, their manifests (none without an expander), and the findings."""
    sound, findings = sound_projects(base, names, estimates=expander is not None)
    findings += credential_findings(base.root, [f"projects/{name}" for name in names], credentials)
    manifests: list[Manifest] = []
    for project in sound.values():
        if expander is None:
            break
        rendered, new_findings = expander.project(project)
        manifests += rendered
        findings += new_findings
    return sound, manifests, findings
