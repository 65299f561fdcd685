"""What a team's own edit does beside the pipelines that it edits: to others that read of them, and to the namespace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from dac.cli._plan_compared import Change
from dac.cli._plan_costs import of_workflow, reverted
from dac.cli._plan_manifests import all_differing
from dac.model import Manifest, Project
from dac.plan import Difference, Effect, PipelineEdit, Subject, heaviest_first, manifest_effects

Manifests = Mapping[str, Manifest]  # by path


def indirect_changes(
    edits: Sequence[PipelineEdit],
    before: Project,
    after: Project,
    old: Manifests,
    expand: Callable[[Project], Manifests],
) -> Iterator[Change]:
    """Yield what differs beside the edited pipelines, each effect with the edit without which it vanishes as its cause.

    Args:
        edits: of the project.
        before: the project at the base.
        after: the project at the head.
        old: what the base's decisions are rendered to.
        expand: renders a project as the head does.
    """
    new, name = expand(after), after.name
    edited = {path for edit in edits for path in pipeline_paths(name, edit.workflows)}
    parts = {
        Subject(name, pipeline.name, str(pipeline.standard)): set(pipeline_paths(name, [pipeline.workflow])) - edited
        for pipeline in after.pipelines.values()
    }
    parts[Subject(name)] = {path for path in old.keys() | new.keys() if "/platform/" in path}
    again: list[tuple[Effect, Manifests]] = []
    for subject, paths in parts.items():
        if differences := _differing(old, new, paths):
            again = again or [(effect, expand(other)) for effect, other in _without(edits, before, after)]
            rest = [(effect, _differing(old, manifests, paths)) for effect, manifests in again]
            yield subject, _effects(differences, rest), tuple(differences)


def pipeline_paths(project: str, workflows: Sequence[str]) -> list[str]:
    """Return where CronWorkflows of a project are rendered to."""
    return [f"projects/{project}/rendered/pipelines/{workflow}.yaml" for workflow in workflows]


def _differing(old: Manifests, new: Manifests, paths: set[str]) -> list[Difference]:
    return all_differing(*({path: side[path] for path in paths if path in side} for side in (old, new)))


def _effects(
    differences: Sequence[Difference], without: Sequence[tuple[Effect, Sequence[Difference]]]
) -> tuple[Effect, ...]:
    """Return the effects of differences, given what would differ without each of the edits."""
    rest, effects = list(differences), list[Effect]()
    for cause, differing in without:
        left = {difference.text for difference in differing}
        explained = [difference for difference in rest if difference.text not in left]
        rest = [difference for difference in rest if difference.text in left]
        effects += [replace(e, cause=cause.cause, base=cause.base) for e in manifest_effects(explained)]
    return heaviest_first([*effects, *manifest_effects(rest)])


def _without(edits: Sequence[PipelineEdit], before: Project, after: Project) -> Iterator[tuple[Effect, Project]]:
    """Yield each effect of the edits with the head's project as it would be without what causes it."""
    for edit in edits:
        if not edit.pipeline:
            yield edit.effects[0], replace(after, owner=before.owner)
            continue
        old, new = of_workflow(before, edit.workflows[0]), of_workflow(after, edit.workflows[-1])
        others = {name: pipeline for name, pipeline in after.pipelines.items() if pipeline != new}
        for effect in edit.effects:
            if old and new and effect.decision:
                yield effect, replace(after, pipelines={**others, new.name: reverted(old, new, effect.decision)})
        yield edit.effects[0], replace(after, pipelines={**others, **({old.name: old} if old else {})})
