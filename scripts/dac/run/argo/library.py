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
        self._bases: dict[tuple[str, bool], Base] = {}  # once each: a template is told from others by its identity

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
            named = self._base(name, bool(reference.get("clusterScope")))
            if inner not in named.templates:
                raise NotFound(f"template {inner} not found in workflow template {name}")
            return named, named.templates[inner]
        name = holder.get("template", "")
        if name not in base.templates:
            raise NotFound(f"template {name} not found" if name else "failed to get a template")
        return base, base.templates[name]

    def _base(self, name: str, cluster: bool) -> Base:
        if (name, cluster) not in self._bases:
            self._bases[name, cluster] = Base(name, _named(self.spec(name, cluster)))
        return self._bases[name, cluster]


def _named(spec: JSON) -> dict[str, JSON]:
    """Return the templates of a spec by name, with its labels and annotations for pods over their own (addPodMetadata).

    A template that several calls resolve is one object.
    """
    stated = spec.get("podMetadata")
    templates = spec.get("templates", [])
    if stated:
        templates = [{**template, "metadata": _over(template.get("metadata", {}), stated)} for template in templates]
    return {template.get("name", ""): template for template in templates}


def _over(under: JSON, over: JSON) -> JSON:
    return {kind: {**under.get(kind, {}), **over.get(kind, {})} for kind in ("labels", "annotations")}
