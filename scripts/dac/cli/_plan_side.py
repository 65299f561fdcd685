"""One of the two trees of a plan: what it renders, refuses and estimates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from dac.cli._month_costs import estimator_over
from dac.expand import Expander
from dac.model import Finding, Pipeline, Project, Repository, Severity, StandardRef
from dac.model.estimate import Estimate
from dac.validate import Schemas, decisions_schema, project_findings

_NO_TEMPLATE: Mapping[str, Any] = {}


class Side:
    """One of the two trees, without its projects.

    Attributes:
        repository: what was loaded.
        expander: renders it.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.expander = Expander(repository)
        self._estimator = estimator_over(self.expander)

    def estimate(self, pipeline: Pipeline) -> Estimate | None:
        """Return what a pipeline takes; None where this tree lacks its standard."""
        standard = self.repository.standards.get(pipeline.standard)
        return self._estimator.of(pipeline, standard) if standard else None

    def template(self, ref: StandardRef) -> Mapping[str, Any]:
        """Return a standard's ClusterWorkflowTemplate; empty where there is none. The same object each time."""
        objects = self.expander.template(ref)[0].objects if ref in self.repository.standards else ()
        return objects[0] if objects else _NO_TEMPLATE

    @cached_property
    def schema(self) -> Any:
        """What decisions.yaml may hold."""
        return decisions_schema(self.repository)

    def judges_like(self, other: Side) -> bool:
        """Whether the two trees find the same errors in the same decisions."""
        repositories = self.repository, other.repository
        kinds = [{kind: bool(facts) for kind, facts in each.catalog.kinds.items()} for each in repositories]
        broken = [each.broken for each in repositories]
        return self.schema == other.schema and kinds[0] == kinds[1] and broken[0] == broken[1]

    def rendered_otherwise(self, other: Side) -> frozenset[str]:
        """Return the parts of `Expander.basis` that differ; without any, the same decisions are rendered alike."""
        own, others = self.expander.basis, other.expander.basis
        return frozenset(part for part in own.keys() | others.keys() if own.get(part) != others.get(part))

    @cached_property
    def _schemas(self) -> Schemas:
        return Schemas(self.repository.standards)

    def invalid(self, project: Project) -> Finding | None:
        """Return the first error that this tree's standards find in a project's decisions."""
        findings = project_findings(project, self.repository, self._schemas, estimates=False)
        return min((f for f in findings if f.severity is Severity.ERROR), default=None)
