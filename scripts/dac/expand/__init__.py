"""Turns decisions, standards and catalog into manifests: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable

from dac.expand.content import content_hash, content_of
from dac.expand.emission import emit
from dac.expand.expander import Expander
from dac.expand.grants import bucket_policies, grants, identity_policy
from dac.expand.pages.codeowners import codeowners, without_platform
from dac.expand.pages.handbook import PATH as HANDBOOK
from dac.expand.pages.handbook import handbook
from dac.expand.pages.readme import readme
from dac.model import Finding, Manifest, Project, Repository
from dac.model.words import quoted

__all__ = [
    "HANDBOOK",
    "bucket_policies",
    "codeowners",
    "content_hash",
    "content_of",
    "emit",
    "expand",
    "grants",
    "handbook",
    "identity_policy",
    "readmes",
    "render_standards",
    "unbuilt_images",
    "without_platform",
]

_last: list[Expander] = []


def expand(repository: Repository, project: Project) -> tuple[list[Manifest], list[Finding]]:
    """One project's manifests; findings where an expression or a schedule cannot be evaluated."""
    return _expander(repository).project(project)


def render_standards(repository: Repository) -> tuple[list[Manifest], list[Finding]]:
    """Render standards/: each standard's rendered.yaml, and the platform's own manifests."""
    return _expander(repository).standards()


def readmes(repository: Repository, manifests: Iterable[Manifest]) -> tuple[dict[str, bytes], list[Finding]]:
    """Each standard's README.md by its path; `manifests` are what `render_standards` gave."""
    rendered = {manifest.path: manifest for manifest in manifests}
    sizes = repository.catalog.kinds.get("sizes", {})
    files: dict[str, bytes] = {}
    findings: list[Finding] = []
    for standard in repository.standards.values():
        manifest = rendered[f"{standard.folder}/rendered.yaml"]
        if not manifest.objects:
            continue  # it has findings of its own
        try:
            files[f"{standard.folder}/README.md"] = readme(standard, manifest, sizes)
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            # What the README tells of is what every ClusterWorkflowTemplate has; Argo's linter says the rest.
            text = f"the ClusterWorkflowTemplate cannot be described: {error!r}"
            findings.append(
                Finding(standard.template.at(()), "template.shape", text, "compare it with another standard's")
            )
    return files, findings


def unbuilt_images(repository: Repository) -> list[Finding]:
    """Return a finding for each image of the catalog that was not built: no cluster can run its pods."""
    document = repository.catalog.documents.get("images")
    return [
        Finding(
            document.at_key((name,)),
            "image.unbuilt",
            f"image {quoted(name)} was not built, so a cluster cannot run it",
            "publish it; the release writes its digest here",
        )
        for name, facts in repository.catalog.kinds.get("images", {}).items()
        if document is not None and not facts.get("built")
    ]


def _expander(repository: Repository) -> Expander:
    """Return the expander of this repository, kept between calls so that projects share its results."""
    last = _last[0].repository if _last else None
    same = last is not None and all(
        getattr(last, part) is getattr(repository, part) for part in ("catalog", "standards", "platform")
    )
    if not same:
        _last[:] = [Expander(repository)]
    return _last[0]
