"""What projects decide, decision by decision: whether the standard asks what it should."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dac.model import Pipeline, Repository, Standard
from dac.model.standard import with_defaults

ALIKE = 0.9  # share of pipelines that decide alike from which it should not be a decision
OVERRIDDEN = 0.5  # share of pipelines that override a default from which it is a bad default
LEAST = 10  # pipelines below which shares say nothing


@dataclass(frozen=True, slots=True)
class Decided:
    """What pipelines decided where a standard asks one thing.

    Attributes:
        standard: the standard's reference.
        name: the decision's.
        pipelines: how many use the standard.
        written: how many write the decision.
        overridden: how many give it another value than the default; 0 where there is none.
        commonest: the value that most have, as JSON; empty without pipelines.
        alike: how many have it.
    """

    standard: str
    name: str
    pipelines: int
    written: int
    overridden: int
    commonest: str
    alike: int

    @property
    def advice(self) -> str:
        """What the figures suggest; empty where they suggest nothing."""
        if self.pipelines < LEAST:
            return f"used by fewer than {LEAST}: nothing to say" if self.pipelines else "not used"
        if self.overridden > OVERRIDDEN * self.pipelines:
            return "over half override the default: choose another one, or none"
        if self.written and self.alike > ALIKE * self.pipelines:
            return "over 90 % decide alike: make it the default, or the standard's own"
        return ""


def decided(repository: Repository) -> list[Decided]:
    """Return what is decided, for each decision of each standard in their order."""
    pipelines: dict[str, list[Pipeline]] = {}
    for project in repository.projects.values():
        for pipeline in project.pipelines.values():
            pipelines.setdefault(str(pipeline.standard), []).append(pipeline)
    return [
        _decided(standard, name, pipelines.get(str(ref), []))
        for ref, standard in sorted(repository.standards.items(), key=lambda item: str(item[0]))
        for name in standard.decisions.get("properties", {})
    ]


def _decided(standard: Standard, name: str, pipelines: list[Pipeline]) -> Decided:
    schema = standard.decisions["properties"][name]
    values = [with_defaults(pipeline.decisions, standard.decisions).get(name) for pipeline in pipelines]
    counts = Counter(json.dumps(value, sort_keys=True, ensure_ascii=False) for value in values)
    commonest, alike = counts.most_common(1)[0] if counts else ("", 0)
    return Decided(
        str(standard.ref),
        name,
        len(pipelines),
        sum(name in pipeline.decisions for pipeline in pipelines),
        sum(value != schema["default"] for value in values) if "default" in schema else 0,
        commonest,
        alike,
    )


def unused_names(repository: Repository) -> dict[str, list[str]]:
    """Return the names of the catalog that a decision may choose and none does: kind -> names, sorted."""
    used: dict[str, set[str]] = {}
    for standard in repository.standards.values():
        for kind, _ in _chosen(standard.decisions, None):
            used.setdefault(kind, set())
    for project in repository.projects.values():
        for pipeline in project.pipelines.values():
            schema = (
                repository.standards[pipeline.standard].decisions if pipeline.standard in repository.standards else {}
            )
            for kind, name in _chosen(schema, with_defaults(pipeline.decisions, schema)):
                used[kind].add(name)
    kinds = repository.catalog.kinds
    return {kind: names for kind in sorted(used) if (names := sorted(kinds.get(kind, {}).keys() - used[kind]))}


def _chosen(schema: Mapping[str, Any], value: Any) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) for each name of the catalog that a value holds; an empty name where there is no value."""
    if (kind := schema.get("x-catalog")) and (value is None or isinstance(value, str)):
        yield kind, value or ""
    for name, part in schema.get("properties", {}).items():
        yield from _chosen(part, value.get(name) if isinstance(value, Mapping) else None)
    items = schema.get("items")
    if isinstance(items, Mapping):
        for item in value if isinstance(value, list) else [None]:
            yield from _chosen(items, item)
