"""What each project of a tree comes to: its manifests, and every finding about it.

A sound project of which nothing is found comes to the same for as long as standards, policy and its decisions.yaml stay
the same, to the byte: that much is kept. Its folder is searched for credentials each time.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from dac.cli._kept import Kept
from dac.cli._month_costs import costs_of, estimator_over
from dac.cli._workers import share
from dac.estimate import Estimator
from dac.expand import Expander
from dac.judge import ManifestFacts, gathered, identity_annotation
from dac.load import credential_findings, load_projects
from dac.load.mentions import decisions_digests
from dac.model import Finding, Manifest, Project, Repository, Severity, beyond
from dac.model.credentials import Credentials
from dac.validate import validate_projects

Sound = dict[str, tuple[Project, list[Manifest]]]
_WORDS = ("expanded",)
_MOST = 2000  # projects of which manifests are kept from one command to the next


@dataclass(frozen=True, slots=True)
class Expanded:
    """What some projects come to.

    Attributes:
        sound: those without an error and the manifests of each, by name.
        findings: about all of them.
        silent: the names of the sound ones that may be kept, since nothing is found of them.
        gathered: what rules read of their manifests, in their order, where that alone was asked for.
        costs: what their pipelines cost, as `month_costs`, where the above was asked for.
    """

    sound: Sound = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    gathered: list[ManifestFacts] = field(default_factory=list)
    costs: dict[str, Mapping[str, Any]] = field(default_factory=dict)


def expanded(
    base: Repository,
    expander: Expander | None,
    credentials: Credentials,
    names: Sequence[str],
    kept: Kept | None = None,
    gathers: bool = False,
) -> Expanded:
    """Return what the named projects come to, in their order; without an expander, without manifests.

    What is `kept` has to be of all of a tree's standards, as the expander is. Where it `gathers`, and keeps nothing, no
    more is left of the manifests than what rules read: the whole of a large tree's is hundreds of megabytes.
    """
    kept = kept if expander and len(names) <= _MOST else None
    before, earlier = _earlier(base, names, kept)
    result = Expanded(dict(earlier))
    estimator = estimator_over(expander) if expander and gathers and not (kept and kept.keeps) else None
    for part in share(partial(_expanded, base, expander, credentials, earlier, estimator), names):
        result.sound.update(part.sound)
        result.findings.extend(part.findings)
        result.silent.extend(part.silent)
        result.gathered.extend(part.gathered)
        result.costs.update(part.costs)
    if kept and (result.silent or len(earlier) < len(before)):
        after = decisions_digests(str(base.root), result.silent)
        new = {before[name]: result.sound[name] for name in result.silent if before.get(name) == after[name]}
        if new:
            kept.write({before[name]: own for name, own in earlier.items()} | new, *_WORDS)
    return replace(result, sound={name: result.sound[name] for name in names if name in result.sound})


def _earlier(base: Repository, names: Sequence[str], kept: Kept | None) -> tuple[dict[str, str], Sound]:
    """Return the digests of the projects' decisions, and what is kept of those that are the same."""
    if not kept:
        return {}, {}
    before = decisions_digests(str(base.root), names)
    stored: dict[str, tuple[Project, list[Manifest]]] = kept.read(*_WORDS) or {}
    return before, {name: stored[digest] for name, digest in before.items() if digest in stored}


def _expanded(
    base: Repository,
    expander: Expander | None,
    credentials: Credentials,
    earlier: Container[str],
    estimator: Estimator | None,
    names: Sequence[str],
) -> Expanded:
    """Return what those projects come to that are not among the `earlier`; credentials are looked for in all files.

    With an `estimator`, what rules read is all that is left of the manifests.
    """
    new = [name for name in names if name not in earlier]
    sound, findings = sound_projects(base, new, estimates=expander is not None, credentials=credentials)
    read = {project.document.file for project in sound.values()}
    exposed = credential_findings(base.root, [f"projects/{name}" for name in names], credentials, read)
    result = Expanded(findings=findings + exposed)
    spoken_of = {finding.location.file for finding in findings}
    # What is found elsewhere than in a project could be about any of them.
    keep = expander is not None and all(file.startswith("projects/") for file in spoken_of)
    for name, project in sound.items():
        manifests, new_findings = expander.project(project) if expander else ([], [])
        result.sound[name] = project, manifests
        result.findings.extend(new_findings)
        if keep and not new_findings and project.document.file not in spoken_of:
            result.silent.append(name)
    if estimator:
        result.costs.update(costs_of(sound.values(), base.standards, estimator))
        manifests = [manifest for _, rendered in result.sound.values() for manifest in rendered]
        result.gathered.append(gathered(manifests, identity_annotation(base)))
        result.sound.update({name: (project, []) for name, (project, _) in result.sound.items()})
    return result


def sound_projects(
    base: Repository, names: Sequence[str], *, estimates: bool, credentials: Credentials | None = None
) -> tuple[dict[str, Project], list[Finding]]:
    """Return the named projects that have no error, and every finding about the named.

    Args:
        base: the tree without its projects.
        names: the projects.
        estimates: whether to make the standards' own estimates, which need a sound catalog.
        credentials: of the tree, where they were read already.
    """
    projects, findings = load_projects(base.root, names, credentials)
    return sound_among(base, projects, findings, estimates=estimates)


def sound_among(
    base: Repository, projects: Mapping[str, Project], findings: list[Finding], *, estimates: bool
) -> tuple[dict[str, Project], list[Finding]]:
    """As `sound_projects`, of projects that were loaded with some findings."""
    repository = replace(base, projects=projects)
    findings += beyond(findings, validate_projects(repository, estimates=estimates))
    unsound = {finding.location.file for finding in findings if finding.severity is Severity.ERROR}
    return {name: project for name, project in projects.items() if project.document.file not in unsound}, findings
