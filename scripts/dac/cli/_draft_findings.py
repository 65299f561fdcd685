"""What `dac check` would say of a project that is not written yet, beside all that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from dac.cli._arguments import Misuse, conftest_path
from dac.cli._compose import compose, failed
from dac.cli._draft import Draft
from dac.cli._month_costs import month_costs
from dac.expand import Expander
from dac.judge import judge
from dac.model import Finding, Manifest, Project, Repository
from dac.validate import validate_projects

# What another team's review settles after the project is written; `dac new` says so.
_LATER = {"owner_known.not_listed"}
_NO_RULES = "policy.none"


def draft_findings(draft: Draft, base: Repository) -> list[Finding]:
    """Return every finding about a draft, sorted; about a project that cannot be expanded, what keeps it from that.

    Args:
        draft: the project.
        base: the tree with its standards, without its projects.

    Raises:
        Misuse: the rules cannot be evaluated.
    """
    project, findings = draft.load()
    if project is not None:
        findings = findings + validate_projects(replace(base, projects={project.name: project}))
        if not failed(findings):
            findings += _verdicts(project, base)
    return sorted(finding for finding in findings if finding.code not in _LATER)


def _verdicts(project: Project, base: Repository) -> list[Finding]:
    """Return what expansion and policy say of the project, and of others because of it."""
    composed = compose(base.root)
    rendered, findings = Expander(base).project(project)
    with_it = {**composed.repository.projects, project.name: project}
    verdicts = _judged(replace(composed.repository, projects=with_it), [*composed.manifests, *rendered])
    own = [verdict for verdict in verdicts if verdict.location.file == project.document.file]
    others = [verdict for verdict in verdicts if verdict not in own]
    if failed(others):  # a budget that this project exceeds is a finding where most of it is spent
        before = {(v.code, v.location.file) for v in _judged(composed.repository, composed.manifests)}
        own += [verdict for verdict in others if (verdict.code, verdict.location.file) not in before]
    return findings + own


def _judged(repository: Repository, manifests: Sequence[Manifest]) -> list[Finding]:
    costs = month_costs(repository, manifests)
    verdicts = judge(repository, manifests, conftest_path(), date.today(), costs, whole=False)
    broken = [verdict for verdict in verdicts if verdict.code.startswith("policy.") and verdict.code != _NO_RULES]
    if broken:
        raise Misuse("the rules cannot be evaluated; run: dac check", *map(str, broken))
    return verdicts
