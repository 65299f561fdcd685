"""Turns decisions, standards and catalog into manifests: values in, values out."""

from __future__ import annotations

from dac.expand.codeowners import codeowners
from dac.expand.content import content_hash
from dac.expand.emission import emit
from dac.expand.tree import Expander
from dac.model import Finding, Manifest, Project, Repository

__all__ = ["codeowners", "content_hash", "emit", "expand", "render_standards"]

_last: list[Expander] = []


def expand(repository: Repository, project: Project) -> tuple[list[Manifest], list[Finding]]:
    """One project's manifests; findings where an expression or a schedule cannot be told."""
    return _expander(repository).project(project)


def render_standards(repository: Repository) -> tuple[list[Manifest], list[Finding]]:
    """What standards/ renders: each standard's rendered.yaml, and the platform's own manifests."""
    return _expander(repository).standards()


def _expander(repository: Repository) -> Expander:
    """The expander of this repository, kept while the same one is asked for: its results are shared by projects."""
    last = _last[0].repository if _last else None
    same = last is not None and all(
        getattr(last, part) is getattr(repository, part) for part in ("catalog", "standards", "platform")
    )
    if not same:
        _last[:] = [Expander(repository)]
    return _last[0]
