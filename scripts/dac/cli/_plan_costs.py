"""What a team's own edit does to the cost of its pipelines, and which decision does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from dac.model import Location, Pipeline, Project
from dac.model.estimate import Estimate
from dac.plan import Effect, PipelineEdit, cost_effect

Estimated = Callable[[Pipeline], Estimate | None]


def decided_costs(
    edit: PipelineEdit, before: Project | None, after: Project | None, at_base: Estimated, at_head: Estimated
) -> Iterator[Effect]:
    """Yield what an edit means for the cost of its pipeline; nothing where it concerns the whole project.

    What the centre changes beside it is told by itself, so both sides are estimated at the head where it can.

    Args:
        edit: of one pipeline.
        before: the project at the base.
        after: the project at the head.
        at_base: estimates a pipeline at the base, where the head lacks its standard.
        at_head: estimates a pipeline at the head.
    """
    if not edit.pipeline:
        return
    old, new = of_workflow(before, edit.workflows[0]), of_workflow(after, edit.workflows[-1])
    was = (at_head(old) or at_base(old)) if old else None
    now = at_head(new) if new else None
    place, base = _cause(edit, old, new, now, at_head)
    effect = cost_effect(was, now, place, base=base)
    if effect:
        yield effect


def of_workflow(project: Project | None, workflow: str) -> Pipeline | None:
    """Return the pipeline of a project by its CronWorkflow's name."""
    pipelines = project.pipelines.values() if project else ()
    return next((pipeline for pipeline in pipelines if pipeline.workflow == workflow), None)


def reverted(old: Pipeline, new: Pipeline, decision: str) -> Pipeline:
    """Return a pipeline with one of its decisions as it was."""
    kept = {key: value for key, value in new.decisions.items() if key != decision}
    return replace(new, decisions=kept | ({decision: old.decisions[decision]} if decision in old.decisions else {}))


def _cause(
    edit: PipelineEdit, old: Pipeline | None, new: Pipeline | None, now: Estimate | None, at_head: Estimated
) -> tuple[Location | None, bool]:
    """Return the place of the first changed decision without whose change the cost would be another."""
    for effect in edit.effects:
        name = effect.decision
        if old is None or new is None or name not in old.decisions.keys() | new.decisions.keys():
            continue
        if at_head(reverted(old, new, name)) != now:
            return effect.cause, effect.base
    return (edit.effects[0].cause, edit.effects[0].base) if edit.effects else (None, False)
