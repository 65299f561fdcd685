"""load -> validate -> expand, in one go, for every command that needs manifests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from dac.cli._collection import collect_nothing
from dac.cli._expanded import expanded
from dac.cli._kept import Kept
from dac.cli._workers import meanwhile
from dac.expand import Expander
from dac.judge import ManifestFacts
from dac.load import (
    credential_findings,
    irregular_findings,
    load_credentials,
    load_projects,
    load_repository,
    project_names,
    stray_findings,
)
from dac.model import Finding, Manifest, Repository, Severity, StandardRef, beyond
from dac.model.credentials import Credentials
from dac.validate import validate_standards


@dataclass(frozen=True, slots=True)
class Composed:
    """What the tree came to.

    Attributes:
        repository: with the sound projects alone.
        manifests: what they and the standards render to; the standards alone where the projects' were `gathered`.
        findings: sorted; about what was read, decided and expanded.
        names: the projects that were looked at, sound or not.
        tree: with every standard, used here or not, and without projects.
        expander: what rendered the projects; None where none was.
        credentials: what credentials look like.
        gathered: what rules read of the projects' manifests, where that alone was asked for.
        costs: what the projects' pipelines cost, as `month_costs`, where the above was asked for.
    """

    repository: Repository
    manifests: list[Manifest]
    findings: list[Finding]
    names: list[str]
    tree: Repository
    expander: Expander | None
    credentials: Credentials
    gathered: Sequence[ManifestFacts] = ()
    costs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether a finding is an error."""
        return failed(self.findings)


def compose(
    root: Path,
    names: Sequence[str] | None = None,
    *,
    every_standard: bool = False,
    kept: Kept | None = None,
    gathers: bool = False,
) -> Composed:
    """Load, validate and expand the named projects and the standards that they use; None means everything.

    With `every_standard`, the standards that no named project uses are among them. A project with an error gets no
    manifests; nor do the standards while one of them, or the catalog, has an error. What is `kept` of the standards is
    not computed again. One that `gathers` keeps of all projects' manifests what rules read, and no more.
    """
    collect_nothing()
    credentials = load_credentials(root)
    used = None if names is None or every_standard else used_standards(root, names, credentials)
    # Of a whole tree, while the standards are loaded, which is done by one process.
    of_files = meanwhile(partial(_findings_of_files, root, names), names is None)
    standards = standards_of(root, used, kept)
    findings, manifests = [*standards.findings], [*standards.manifests]
    # Made before the workers are forked, so that they have what it compiled and evaluated.
    expander = standards.expander
    looked_at = project_names(root) if names is None else sorted(names)
    if names is None:
        beside = sorted({path.name for path in (root / "projects").iterdir()} - set(looked_at))
        findings += credential_findings(root, [f"projects/{name}" for name in beside], credentials)
    # Without names, what the expander renders of is every standard.
    came = expanded(standards.base, expander, credentials, looked_at, kept if names is None else None, gathers)
    projects = {name: project for name, (project, _) in came.sound.items()}
    manifests += [manifest for _, rendered in came.sound.values() for manifest in rendered]
    findings += came.findings
    for new_findings in of_files():
        findings += beyond(findings, new_findings)
    repository = replace(standards.used, projects=projects)
    own = standards.base, expander, credentials, came.gathered, came.costs
    return Composed(repository, manifests, sorted(set(findings)), looked_at, *own)


def _findings_of_files(root: Path, names: Sequence[str] | None) -> list[list[Finding]]:
    """Return the findings about what lies in the tree, whatever it says."""
    return [irregular_findings(root, names), stray_findings(root, names)]


class Standards:
    """A tree without its projects: what was loaded, what it renders to, and the findings about both.

    Attributes:
        base: with every standard.
        used: with the standards that are looked at.
        findings: about all of `base` that was read, and about what `used` says.
        manifests: what `used` renders to; none while a finding is an error.
        expander: what renders projects; None while there is an error that keeps the standards from being rendered.
    """

    def __init__(self, base: Repository, used: Repository, findings: list[Finding]) -> None:
        self.base, self.used, self.findings = base, used, findings
        self.manifests: list[Manifest] = []
        self.expander = None if failed(findings) else Expander(used)
        if self.expander:
            self.manifests, new_findings = self.expander.standards()
            self.findings = findings + new_findings

    def __getstate__(self) -> dict[str, Any]:
        """Leave out compiled expressions, which cannot be kept: of what renders projects, the templates stay."""
        return {**vars(self), "expander": self.expander and self.expander.rendered}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Compile what was left out."""
        vars(self).update(state)
        if state["expander"] is not None:
            self.expander = Expander(self.used, state["expander"])


def standards_of(root: Path, refs: Collection[StandardRef] | None, kept: Kept | None) -> Standards:
    """Return a tree without its projects, where those standards are looked at; None means every one."""
    make = partial(_standards, root, refs)
    return kept.value(make, "standards", *sorted(map(str, refs or ())), str(refs is None)) if kept else make()


def _standards(root: Path, refs: Collection[StandardRef] | None) -> Standards:
    base, findings = load_repository(root, [])
    used = base
    if refs is not None:
        used = replace(base, standards={ref: each for ref, each in base.standards.items() if ref in refs})
    return Standards(base, used, findings + beyond(findings, validate_standards(used)))


def used_standards(root: Path, names: Sequence[str], credentials: Credentials) -> set[StandardRef]:
    """Return the standards that the named projects use: all that their check needs."""
    projects, _ = load_projects(root, names, credentials)
    return {pipeline.standard for project in projects.values() for pipeline in project.pipelines.values()}


def failed(findings: Iterable[Finding]) -> bool:
    """Whether a finding is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)
