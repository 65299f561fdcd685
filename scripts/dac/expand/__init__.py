"""Turns decisions, standards and catalog into manifests: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable

from dac.expand.basis import COMMON
from dac.expand.content import content_hash, content_of
from dac.expand.emission import Emitter
from dac.expand.expander import Expander
from dac.expand.expressions import Expressions
from dac.expand.fields import fields_of
from dac.expand.grants import bucket_policies, grants, identity_policy, over_limit
from dac.expand.pages.codeowners import codeowners, without_platform
from dac.expand.pages.handbook import PATH as HANDBOOK
from dac.expand.pages.handbook import handbook
from dac.expand.pages.readme import readme
from dac.expand.pages.template_fields import POD_COLUMNS, facts_of_pods
from dac.expand.pipelines import arguments_of
from dac.model import Finding, Manifest, Repository
from dac.model.standard import successor
from dac.model.words import quoted

__all__ = [
    "COMMON",
    "HANDBOOK",
    "POD_COLUMNS",
    "Emitter",
    "Expander",
    "Expressions",
    "arguments_of",
    "bucket_policies",
    "codeowners",
    "content_hash",
    "content_of",
    "facts_of_pods",
    "fields_of",
    "grants",
    "handbook",
    "identity_policy",
    "over_limit",
    "readmes",
    "unbuilt_images",
    "without_platform",
]


def readmes(repository: Repository, manifests: Iterable[Manifest]) -> tuple[dict[str, bytes], list[Finding]]:
    """Each standard's README.md by its path; `manifests` are what `Expander.standards` gave."""
    rendered = {manifest.path: manifest for manifest in manifests}
    sizes = repository.catalog.kinds.get("sizes", {})
    files: dict[str, bytes] = {}
    findings: list[Finding] = []
    for standard in repository.standards.values():
        manifest = rendered[f"{standard.folder}/rendered.yaml"]
        if not manifest.objects:
            continue  # it has findings of its own
        try:
            files[f"{standard.folder}/README.md"] = readme(
                standard, manifest, sizes, successor(standard, repository.standards)
            )
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
