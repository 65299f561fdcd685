"""The one estimator over a tree, and what each pipeline costs in thirty days, which rules hold owners' budgets to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dac.estimate import Estimator
from dac.expand import Expander, Expressions
from dac.model import Manifest, Project, Repository, Standard, StandardRef


def month_costs(repository: Repository, manifests: Sequence[Manifest]) -> dict[str, Mapping[str, Any]]:
    """Return, by the path of its CronWorkflow, what a pipeline costs in thirty days.

    Args:
        repository: the tree, with the sound projects alone.
        manifests: what it renders to, the standards' templates among them.

    Returns:
        `least` and `most` (null where no upper bound is known) in US dollars, and what is not known: `unknown`.
    """
    return costs_of(repository.projects.values(), repository.standards, estimator_of(repository, manifests))


def costs_of(
    projects: Iterable[Project], standards: Mapping[StandardRef, Standard], estimator: Estimator
) -> dict[str, Mapping[str, Any]]:
    """Return what the pipelines of some projects cost, as `month_costs`."""
    costs: dict[str, Mapping[str, Any]] = {}
    for project in projects:
        for pipeline in project.pipelines.values():
            if standard := standards.get(pipeline.standard):
                estimate = estimator.of(pipeline, standard)
                path = f"projects/{project.name}/rendered/pipelines/{pipeline.workflow}.yaml"
                usd = estimate.month.usd
                costs[path] = {"least": usd.least, "most": usd.most, "unknown": estimate.unknown}
    return costs


def estimator_of(repository: Repository, manifests: Sequence[Manifest]) -> Estimator:
    """Return what estimates the pipelines of a tree.

    Args:
        repository: the tree.
        manifests: what it renders to, the standards' templates among them.
    """
    templates = {m.path: m.objects[0] for m in manifests if m.path.endswith("/rendered.yaml") and m.objects}
    expressions = Expressions(repository.catalog.kinds)
    return Estimator(
        repository.catalog.kinds,
        expressions.evaluate,
        lambda standard: templates.get(f"{standard.folder}/rendered.yaml", {}),
    )


def estimator_over(expander: Expander) -> Estimator:
    """Return what estimates the pipelines of the tree that an expander renders, and renders only what is asked for."""

    def template(standard: Standard) -> Mapping[str, Any]:
        objects = expander.template(standard.ref)[0].objects
        return objects[0] if objects else {}

    return Estimator(expander.repository.catalog.kinds, expander.expressions.evaluate, template)
