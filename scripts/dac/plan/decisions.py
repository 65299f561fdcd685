"""What a team's edit of its decisions means, in the words of the standards that it uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dac.model import EffectClass, Location, Migration, Pipeline, Pointer, Project, Standard, StandardRef
from dac.model.object_path import written
from dac.model.standard import with_defaults
from dac.model.words import quoted
from dac.plan.difference import Difference, How, differences
from dac.plan.effect import Effect, heaviest_first, meaning

_GONE = "the CronWorkflow is removed, and the Workflows that it started with it; what they wrote stays where it is"


@dataclass(frozen=True, slots=True)
class PipelineEdit:
    """What an edit of decisions.yaml means for one pipeline, or for the whole project.

    Attributes:
        pipeline: its name at the head, or at the base where it is gone; empty for what concerns the project.
        workflows: names of its CronWorkflow, at the base and at the head, each where it has former.
        standard: what it uses; empty for what concerns the project.
        effects: the heaviest first.
    """

    pipeline: str
    workflows: tuple[str, ...]
    standard: str
    effects: tuple[Effect, ...]


def decision_edits(
    before: Project | None, after: Project | None, standards: Mapping[StandardRef, Standard]
) -> list[PipelineEdit]:
    """Compare what a project decided at the base and at the head.

    A pipeline that is gone and one that is new, of the same standard and with mostly the same decisions, are one that
    was renamed; what else changed in it is told as well.

    Args:
        before: the project at the base; None where it is new.
        after: the project at the head; None where it is gone.
        standards: of the head.
    """
    edits: list[PipelineEdit] = []
    if before and after and before.owner != after.owner:
        place = after.document.at(("owner",))
        change = f"owner: {quoted(before.owner)} to {quoted(after.owner)}"
        words = "another team's budget, grants and code owners apply"
        edits.append(PipelineEdit("", (), "", (Effect(EffectClass.ACCESS, change, words, place),)))
    old = dict(before.pipelines) if before else {}
    new = dict(after.pipelines) if after else {}
    for was, name in _renamed(old, new, standards):
        former, pipeline = old.pop(was), new.pop(name)
        effects = [_renaming(was, name, after), *_changed(former, pipeline, before, after, standards)]
        edits.append(_edit(effects, former, pipeline))
    for name in sorted(old.keys() & new.keys()):
        if effects := list(_changed(old[name], new[name], before, after, standards)):
            edits.append(_edit(effects, old[name], new[name]))
    for name in sorted(old.keys() - new.keys()):
        gone_at = before.document.at_key(("pipelines", name)) if before else None
        effects = [Effect(EffectClass.REMOVAL, f"pipeline {quoted(name)} is gone", _GONE, gone_at, base=True)]
        edits.append(_edit(effects, old[name]))
    for name in sorted(new.keys() - old.keys()):
        standard = standards.get(new[name].standard)
        words = f"{standard.summary}; the first run starts from nothing" if standard else ""
        new_at = after.document.at_key(("pipelines", name)) if after else None
        effects = [Effect(EffectClass.NEW, f"pipeline {quoted(name)} is new", words, new_at)]
        edits.append(_edit(effects, new[name]))
    return edits


def _edit(effects: list[Effect], *pipelines: Pipeline) -> PipelineEdit:
    """Return what concerns a pipeline as it was and as it is, or one of them."""
    last = pipelines[-1]
    workflows = tuple(dict.fromkeys(pipeline.workflow for pipeline in pipelines))
    return PipelineEdit(last.name, workflows, str(last.standard), heaviest_first(effects))


def _renamed(
    old: Mapping[str, Pipeline], new: Mapping[str, Pipeline], standards: Mapping[StandardRef, Standard]
) -> list[tuple[str, str]]:
    """Return (name before, name after) of each pipeline that was renamed, most alike first; each name once."""
    scored = sorted(
        (
            (-_likeness(old[was], new[name], standards), was, name)
            for was in old.keys() - new.keys()
            for name in new.keys() - old.keys()
        ),
    )
    pairs: list[tuple[str, str]] = []
    taken: set[str] = set()
    for score, was, name in scored:
        if -score >= 0.5 and not {f"old {was}", f"new {name}"} & taken:
            taken |= {f"old {was}", f"new {name}"}
            pairs.append((was, name))
    return sorted(pairs)


def _likeness(former: Pipeline, other: Pipeline, standards: Mapping[StandardRef, Standard]) -> float:
    """Share of the decisions that are equal, defaults left out; 0 for different standards."""
    if former.standard != other.standard or not former.decisions:
        return 0.0
    names = former.decisions.keys() | other.decisions.keys()
    return float(sum(former.decisions.get(n) == other.decisions.get(n) for n in names)) / len(names)


def _renaming(was: str, name: str, after: Project | None) -> Effect:
    place = after.document.at_key(("pipelines", name)) if after else None
    words = f"{_GONE}; the pipeline starts anew under its new name"
    return Effect(EffectClass.REMOVAL, f"pipeline {quoted(was)} is renamed {quoted(name)}", words, place)


def _changed(
    old: Pipeline,
    new: Pipeline,
    before: Project | None,
    after: Project | None,
    standards: Mapping[StandardRef, Standard],
) -> Iterator[Effect]:
    standard = standards.get(new.standard)
    former = old.decisions
    if old.standard != new.standard:
        place = after.document.at(("pipelines", new.name, "standard")) if after else None
        effect_class, words = EffectClass.UNCLASSIFIED, f"see the CHANGELOG of {new.standard}"
        if migration := _migration(old, standard):
            effect_class, words = migration.effect_class, migration.means
            former = migration.applied(former)  # what the move changes is not edited
        yield Effect(effect_class, f"standard: {old.standard} to {new.standard}", words, place)
    schema = standard.decisions if standard else {}
    for difference in differences(with_defaults(former, schema), with_defaults(new.decisions, schema)):
        effect_class, words = meaning(schema, difference.path)
        place, base = _place(difference, old, new, before, after)
        yield Effect(effect_class, described(difference), words, place, base, decision=str(difference.path[0]))


def _migration(old: Pipeline, standard: Standard | None) -> Migration | None:
    """Return the migration that leads from a pipeline's former standard to its present one."""
    if standard is None or standard.migration is None or standard.ref.name != old.standard.name:
        return None
    return standard.migration if standard.migration.version == old.standard.version else None


def _place(
    difference: Difference, old: Pipeline, new: Pipeline, before: Project | None, after: Project | None
) -> tuple[Location | None, bool]:
    """Where the decision stands at the head; where it was taken out, its place at the base."""
    for project, pipeline, base in ((after, new, False), (before, old, True)):
        if project is None:
            continue
        pointer: Pointer = ("pipelines", pipeline.name, *_pointer(difference.path))
        while len(pointer) > 2:
            if pointer in project.document.values:
                return project.document.at(pointer), base
            pointer = pointer[:-1]
    return (after.document.at_key(("pipelines", new.name)), False) if after else (None, False)


def _pointer(path: tuple[str, ...]) -> Pointer:
    return tuple(int(part[1:-1]) if part[1:-1].isdigit() and part[0] == "[" else part for part in path)


def described(difference: Difference) -> str:
    """`size: "small" to "large"`."""
    name = written(difference.path)
    if len(difference.path) == 1 and name.startswith("[") and difference.how in (How.ADDED, How.REMOVED):
        return f"{name[1:-1]} is {'new' if difference.how is How.ADDED else 'gone'}"  # a whole object
    if difference.how is How.ADDED:
        return f"{name}: {_value(difference.after)}, new"
    if difference.how is How.REMOVED:
        return f"{name}: {_value(difference.before)}, gone"
    if difference.how is How.REORDERED:
        return f"{name}: the same items in another order"
    return f"{name}: {_value(difference.before)} to {_value(difference.after)}"


def _value(value: Any) -> str:
    return quoted(value, 80)
