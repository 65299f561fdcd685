"""Looks templates up: in the workflow, or in a WorkflowTemplate beside it (workflow/templateresolution)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dac.run.argo.node import JSON


class NotFound(Exception):
    """A template, or what should hold it, is not there."""


@dataclass(frozen=True, slots=True)
class Base:
    """What a plain template name is looked up in."""

    name: str
    templates: Mapping[str, JSON]


class Library:
    """WorkflowTemplates and ClusterWorkflowTemplates by name."""

    def __init__(self, namespaced: Mapping[str, JSON], cluster: Mapping[str, JSON]) -> None:
        self.specs = {False: namespaced, True: cluster}

    def local(self, spec: JSON) -> Base:
        """Return the base of the workflow itself."""
        return Base("", _named(spec))

    def spec(self, name: str, cluster: bool) -> JSON:
        """Return the spec of a template object.

        Raises:
            NotFound: There is no such object.
        """
        if name not in self.specs[cluster]:
            raise NotFound(f"workflow template {name} not found")
        return self.specs[cluster][name]

    def resolve(self, base: Base, holder: JSON) -> tuple[Base, JSON]:
        """Return the base for names in the template that a task, step or hook refers to, and the template.

        Raises:
            NotFound: It does not exist.
        """
        if "inline" in holder:
            return base, holder["inline"]
        if reference := holder.get("templateRef"):
            name, inner = reference.get("name", ""), reference.get("template", "")
            templates = _named(self.spec(name, bool(reference.get("clusterScope"))))
            if inner not in templates:
                raise NotFound(f"template {inner} not found in workflow template {name}")
            return Base(name, templates), templates[inner]
        name = holder.get("template", "")
        if name not in base.templates:
            raise NotFound(f"template {name} not found" if name else "failed to get a template")
        return base, base.templates[name]


def _named(spec: JSON) -> dict[str, JSON]:
    return {template.get("name", ""): template for template in spec.get("templates", [])}
