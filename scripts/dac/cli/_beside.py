"""The other projects of the owners of those that are checked: rules sum pipelines and quotas over an owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from dac.cli._compose import Composed, failed
from dac.cli._expanded import sound_among
from dac.cli._kept import Kept
from dac.cli._month_costs import costs_of, estimator_over
from dac.estimate import Estimator
from dac.expand import Expander
from dac.judge import SUMMED
from dac.load import project_names, project_of
from dac.load.mentions import files_mentioning
from dac.load.projects import FILE
from dac.model import Manifest, Project
from dac.validate import validate_standards


@dataclass(frozen=True, slots=True)
class Other:
    """A sound project, what of its manifests is summed, and what its pipelines cost by their manifests' paths."""

    project: Project
    manifests: list[Manifest]
    costs: dict[str, Mapping[str, Any]]


def others_of_owners(composed: Composed, kept: Kept) -> list[Other]:
    """Return the other projects of the owners of the projects in `composed`; none where those were not rendered."""
    owners = sorted({project.owner for project in composed.repository.projects.values()} - {""})
    if composed.expander is None or not owners:
        return []
    root = composed.repository.root
    names = sorted(set(project_names(root)) - set(composed.names))
    earlier: dict[str, Other | None] = kept.read("others", *owners) or {}
    maker, others = _Maker(composed, owners), dict[str, Other | None]()
    for name, data in files_mentioning(str(root), names, owners):
        key = sha256(f"{name}\n".encode() + data).hexdigest()
        others[key] = earlier[key] if key in earlier else maker.other(name, data)
    if others.keys() - earlier.keys():
        kept.write(others, "others", *owners)
    return [other for other in others.values() if other]


class _Maker:
    """Makes what is summed of a project."""

    def __init__(self, composed: Composed, owners: Sequence[str]) -> None:
        self._tree, self._credentials, self._owners = composed.tree, composed.credentials, owners
        self._expander = composed.expander
        self._estimators: dict[int, Estimator] = {}  # by their expanders, which this keeps

    def other(self, name: str, data: bytes) -> Other | None:
        """Return what is summed of a project; None where it is not sound, or not of these owners."""
        project, findings = project_of(name, data, f"projects/{name}/{FILE}", self._credentials)
        if project is None or project.owner not in self._owners:
            return None
        sound, _ = sound_among(self._tree, {name: project}, findings, estimates=True)
        expander = self._expander_of(project)
        if not sound or expander is None:
            return None
        manifests = [
            replace(manifest, objects=tuple(each for each in manifest.objects if each.get("kind") in SUMMED))
            for manifest in expander.project(project)[0]
        ]
        costs = costs_of([project], self._tree.standards, self._estimator(expander))
        return Other(project, [manifest for manifest in manifests if manifest.objects], costs)

    def _expander_of(self, project: Project) -> Expander | None:
        """Return what renders a project: of another standard than those that are checked, if every one is sound."""
        used = {pipeline.standard for pipeline in project.pipelines.values()}
        if self._expander and used <= self._expander.repository.standards.keys():
            return self._expander
        return self._whole

    @cached_property
    def _whole(self) -> Expander | None:
        return None if failed(validate_standards(self._tree)) else Expander(self._tree)

    def _estimator(self, expander: Expander) -> Estimator:
        if id(expander) not in self._estimators:
            self._estimators[id(expander)] = estimator_over(expander)
        return self._estimators[id(expander)]
