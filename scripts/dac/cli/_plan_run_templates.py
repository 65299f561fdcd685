"""Compares a standard's template of base and head as each pipeline runs it, with its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dac.cli._plan_manifests import HASHES
from dac.cli._plan_side import Side
from dac.expand import arguments_of
from dac.model import Manifest, StandardRef
from dac.model.facts import Maps
from dac.plan import Difference, EffectiveTemplates, differences


class RunTemplates:
    """What is alike for several pipelines is compared once.

    Args:
        answer: evaluates the expressions of Argo's templates.
    """

    def __init__(self, answer: Callable[[str, Mapping[str, str]], str]) -> None:
        self._effective = EffectiveTemplates(answer)
        self._compared: dict[tuple[int, int], list[Difference]] = {}
        self._otherwise: dict[tuple[int, ...], bool] = {}

    def differing(
        self, base: Side, head: Side, ref: StandardRef, before: Manifest, after: Manifest
    ) -> list[Difference]:
        """Return what differs in a pipeline's runs but for hashes.

        Args:
            base: one tree.
            head: the other.
            ref: the standard that the pipeline uses.
            before: its CronWorkflow, by whose arguments the base's template is run.
            after: likewise at the head.
        """
        templates = base.template(ref), head.template(ref)
        maps = base.expander.catalog_maps, head.expander.catalog_maps
        if not self._run_otherwise(templates, maps):
            return []
        old = self._effective.of(templates[0], maps[0], arguments_of(before.objects[0]))
        new = self._effective.of(templates[1], maps[1], arguments_of(after.objects[0]))
        key = id(old), id(new)
        if key not in self._compared:
            self._compared[key] = [
                d for d in differences([_identified(old)], [_identified(new)]) if not HASHES & set(d.path)
            ]
        return self._compared[key]

    def _run_otherwise(self, templates: Sequence[Mapping[str, Any]], maps: Sequence[Maps]) -> bool:
        """Whether a pipeline may run otherwise; the same objects, of which there are many pipelines, are asked once."""
        key = *map(id, templates), *map(id, maps)
        if key not in self._otherwise:
            self._otherwise[key] = templates[0] != templates[1] or maps[0] != maps[1]
        return self._otherwise[key]


def _identified(template: Mapping[str, Any]) -> Mapping[str, Any]:
    return template if template else {"kind": "ClusterWorkflowTemplate", "metadata": {"name": ""}}
