"""Compares base and head, project by project: what the centre's change does to each, and what its team's does."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from dac.cli._plan_ahead import Starts
from dac.cli._plan_compared import Central, Change, Compared
from dac.cli._plan_costs import decided_costs
from dac.cli._plan_indirect import indirect_changes, pipeline_paths
from dac.cli._plan_manifests import all_differing, differing
from dac.cli._plan_run_templates import RunTemplates
from dac.cli._plan_side import Side
from dac.expand import COMMON
from dac.load import load_project, project_of
from dac.load.document import DECISIONS_LIMIT, read
from dac.model import EffectClass, Finding, Manifest, Project, Severity
from dac.model.credentials import Credentials
from dac.plan import (
    Difference,
    Effect,
    Status,
    Subject,
    cost_difference,
    decision_edits,
    heaviest_first,
)

_GONE = "Argo CD stops syncing it, and its namespace stays until a person removes it with standards/platform/remove.sh"


class Comparison:
    """The two trees side by side.

    Args:
        base: the tree that is compared with; None where nothing that the projects share has changed, or cannot be read.
        head: the tree that is planned.
        texts: project -> the bytes of its decisions.yaml at the base; None where there is none.
        answer: evaluates the expressions of Argo's templates.
        credentials: what must not be shown.
        now: the moment from which next runs are reckoned.
    """

    def __init__(
        self,
        base: Side | None,
        head: Side,
        texts: Mapping[str, bytes | None],
        answer: Callable[[str, Mapping[str, str]], str],
        credentials: Credentials,
        now: datetime,
    ) -> None:
        self.base = base
        self.head = head
        self._texts = texts
        self._credentials = credentials
        self._starts = Starts(now, lambda project: head.expander.pipelines(project)[0])
        self._run_templates = RunTemplates(answer)
        # Asked before the workers are forked, so that each finds it known.
        self._judged_alike = base is None or base.judges_like(head)
        self._unlike = {id(head): base.rendered_otherwise(head) if base else frozenset[str]()}

    def compare(self, names: Sequence[str]) -> Compared:
        """Compare some projects."""
        result = Compared()
        for name in names:
            before, after, reason = self._pair(name)
            if reason:
                result.statuses[name], result.not_evaluated[name] = Status.NOT_EVALUATED, reason
            else:
                self._project(name, before, after, result)
        return result

    def before(self, name: str) -> Project | None:
        """Return a project as the base has it."""
        return self._pair(name)[0]

    def _pair(self, name: str) -> tuple[Project | None, Project | None, str]:
        """Return the project at the base and at the head, and why they cannot be compared."""
        before = self._loaded(name, "base")
        same = before is not None and self._is_as_before(name)
        after = before if same else self._loaded(name, "head")
        for loaded, side, where in ((before, self.base or self.head, "base"), (after, self.head, "head")):
            if loaded is None or (same and where == "head" and self._judged_alike):
                continue
            project, findings = loaded
            errors = [finding for finding in findings if finding.severity is Severity.ERROR]
            error = min(errors, default=None) or (project and side.invalid(project))
            if project is None or error:
                return None, None, f"at the {where}: {error}"
        return before and before[0], after and after[0], ""

    def _is_as_before(self, name: str) -> bool:
        """Whether a project's decisions.yaml has the very bytes that it has at the base, so that it is read once."""
        file = f"projects/{name}/decisions.yaml"
        return read(self.head.repository.root / file, file, DECISIONS_LIMIT)[0] == self._texts[name]

    def _loaded(self, name: str, where: str) -> tuple[Project | None, list[Finding]] | None:
        """Read a project as base or head has it; None where that has none."""
        file = f"projects/{name}/decisions.yaml"
        root = self.head.repository.root
        if where == "head":
            return load_project(root, name, self._credentials) if os.path.lexists(root / file) else None
        data = self._texts[name]
        return project_of(name, data, file, self._credentials) if data is not None else None

    def _project(self, name: str, before: Project | None, after: Project | None, result: Compared) -> None:
        owner = after.owner if after else before.owner if before else ""
        carried = before
        if before and self.base and self.base.schema != self.head.schema and (error := self.head.invalid(before)):
            carried = None  # base and head are compared as they are, each with its own standards
            reason = f"the head refuses the decisions of the base: {error}"
            result.not_evaluated[f"what standards/ changes for {name}"] = reason
        changes = self._decided(before, after, carried)
        central = self.centrally(before, self.head) if before and carried and self.base else {}
        former = before.owner if before and after and before.owner != owner else ""
        owned = partial(replace, owner=owner, former_owner=former)
        result.changes += [(owned(subject), *rest) for subject, *rest in changes]  # type: ignore[misc]
        if after:
            changed = {subject.pipeline for subject, *_ in changes} | central.keys()
            result.next_runs |= dict(self._starts.of(after, changed - {""}))
        for pipeline, parts in central.items():
            standard = str(before.pipelines[pipeline].standard) if before and pipeline else ""
            key = standard + _key(parts, name)
            result.central.setdefault(key, Central(parts, [])).subjects.append(Subject(name, pipeline, standard, owner))
        result.statuses[name] = (
            Status.NEW
            if before is None
            else Status.GONE
            if after is None
            else Status.CHANGED
            if changes or central
            else Status.UNCHANGED
        )

    def centrally(self, project: Project, head: Side) -> dict[str, tuple[Difference, ...]]:
        """Return what differs for a project whose decisions stay: pipeline, or an empty text for its namespace -> that.

        Args:
            project: as the base has it.
            head: the head, or the head without one of its changes.
        """
        assert self.base is not None
        old, new = self._both(project, self.base, head)
        parts: dict[str, list[Difference]] = {}
        for pipeline in project.pipelines.values():
            (path,) = pipeline_paths(project.name, [pipeline.workflow])
            before, after = old.pop(path, None), new.pop(path, None)
            parts[pipeline.name] = differing(before, after)
            if before and after:
                parts[pipeline.name] += self._run_templates.differing(self.base, head, pipeline.standard, before, after)
                was, now = self.base.estimate(pipeline), head.estimate(pipeline)
                parts[pipeline.name] += cost_difference(was, now) if was and now else []
        parts[""] = all_differing(old, new)
        return {name: tuple(part) for name, part in parts.items() if part}

    def _both(self, project: Project, base: Side, head: Side) -> tuple[dict[str, Manifest], dict[str, Manifest]]:
        """Return a project's manifests by their paths, in both trees, but those of its namespace that are alike."""
        if id(head) not in self._unlike:
            self._unlike[id(head)] = base.rendered_otherwise(head)
        parts = self._unlike[id(head)]
        if COMMON in parts:
            old, new = base.expander.project(project)[0], head.expander.project(project)[0]
        else:
            pipelines = base.expander.pipelines(project)[0]
            namespaces = [
                side.expander.namespace(project, pipelines, parts)[0] if parts else [] for side in (base, head)
            ]
            old, new = ([*pipelines.values(), *namespace] for namespace in namespaces)
        return {m.path: m for m in old}, {m.path: m for m in new}

    def _decided(self, before: Project | None, after: Project | None, carried: Project | None) -> list[Change]:
        """Return what a team's own edit changes: a pipeline each, and its namespace."""
        if before and after and before.document.data == after.document.data:
            return []
        edits = decision_edits(before, after, self.head.repository.standards)
        name = after.name if after else before.name if before else ""
        old = {m.path: m for m in self._rendered(before, carried)}
        new = self._at_head(after) if after else {}
        changes: list[Change] = []
        for edit in edits:
            own = [d for path in pipeline_paths(name, edit.workflows) for d in differing(old.get(path), new.get(path))]
            costs = decided_costs(edit, before, after, (self.base or self.head).estimate, self.head.estimate)
            effects = heaviest_first([*edit.effects, *costs])
            changes.append((Subject(name, edit.pipeline, edit.standard), effects, tuple(own)))
        if before and after:
            changes += indirect_changes(edits, before, after, old, self._at_head)
        elif after:
            place = after.document.at(())
            words = "a namespace with its quota, network policies and accounts is made"
            if was := self._former_name(after):
                words += f"; it has the pipelines of {was}, which is gone: what that wrote stays under its own name"
            changes.append((Subject(name), (Effect(EffectClass.NEW, f"project {name} is new", words, place),), ()))
        elif before:
            place = before.document.at(())
            effect = Effect(EffectClass.REMOVAL, f"project {name} is gone", _GONE, place, base=True)
            changes.append((Subject(name), (effect,), ()))
        return changes

    def _at_head(self, project: Project) -> dict[str, Manifest]:
        return {manifest.path: manifest for manifest in self.head.expander.project(project)[0]}

    def _former_name(self, project: Project) -> str:
        """Return the project of the base that is gone and had the same pipelines; empty where there is none."""
        pipelines = {name: pipeline.standard for name, pipeline in project.pipelines.items()}
        for name, before in self._texts.items():
            if before is None or self._loaded(name, "head") is not None:
                continue
            former = self.before(name)
            if former and {n: p.standard for n, p in former.pipelines.items()} == pipelines:
                return name
        return ""

    def _rendered(self, before: Project | None, carried: Project | None) -> list[Manifest]:
        if before is None:
            return []
        side = self.head if carried or self.base is None else self.base
        return side.expander.project(before)[0]


def _key(parts: Sequence[Difference], name: str) -> str:
    """Return a text that is equal for projects whose differences are equal but for the project's name."""
    text = "\n".join(difference.text for difference in parts)
    return re.sub(rf"(?<![A-Za-z0-9-]){re.escape(name)}(?![A-Za-z0-9-])", "\0", text)
