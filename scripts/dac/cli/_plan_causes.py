"""Traces each effect of the centre's change to the lines that cause it: those without which it vanishes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dac.cli._plan_compared import Central
from dac.cli._plan_comparison import Comparison
from dac.cli._plan_manifests import manifest_differences
from dac.cli._plan_side import Side
from dac.model import Manifest
from dac.plan import Difference, Effect, Source, Subject, heaviest_first, manifest_effects, parted, traced

_CLUSTER = "standards/platform/rendered/"
_CANARIES = "standards/platform/canaries/"


class Causes:
    """The changes of the centre, and the tree without each of them.

    Args:
        comparison: the two trees.
        sources: what changed between them under standards/.
    """

    def __init__(self, comparison: Comparison, sources: Sequence[Source]) -> None:
        self._comparison = comparison
        self._sources = sources
        self._without: dict[int, Side] = {}
        self._effective: set[int] = set()

    def of(self, central: Central) -> tuple[Effect, ...]:
        """Return the effects of what concerns some projects alike, traced for the first of them."""
        subject = central.subjects[0]
        project = self._comparison.before(subject.project)
        assert project is not None
        return self._effects(
            central.differences, lambda side: self._comparison.centrally(project, side).get(subject.pipeline, ())
        )

    def of_platform(self) -> tuple[Subject, tuple[Effect, ...], tuple[Difference, ...]] | None:
        """Return what changes in the manifests of the platform itself; None where nothing does."""
        base, head = self._comparison.base, self._comparison.head
        if base is None:
            return None

        def compared(side: Side) -> tuple[Difference, ...]:
            old, new = _platform(base), _platform(side)
            for path in [path for path in old if path.startswith(_CANARIES) and path in new]:
                del old[path], new[path]  # the same template by another name: it is compared for its pipelines
            return tuple(manifest_differences([*old.values()], [*new.values()]))

        whole = compared(head)
        return (Subject(""), self._effects(whole, compared), whole) if whole else None

    def without_effect(self) -> list[str]:
        """Return the changes that no effect was traced to, once all have been."""
        words = [
            f"{source.effect.change} at {source.cause}" if source.effect else str(source.cause)
            for index, source in enumerate(self._sources)
            if index not in self._effective
        ]
        return list(dict.fromkeys(words))  # a line that two versions take is one line

    def _effects(
        self, parts: Sequence[Difference], again: Callable[[Side], Sequence[Difference]]
    ) -> tuple[Effect, ...]:
        unexplained = {difference.text: difference for difference in parts}
        effects: list[Effect] = []
        for index, source in enumerate(self._sources):
            rest = {difference.text for difference in again(self._side(index))}
            explained = [difference for difference in parts if difference.text not in rest]
            if not explained:
                continue
            self._effective.add(index)
            for difference in explained:
                unexplained.pop(difference.text, None)
            manifests, costs = parted(explained)
            if source.effect:
                effects.append(source.effect)
            else:
                effects += [replace(e, cause=source.cause, base=source.base) for e in manifest_effects(manifests)]
            effects += [traced(cost, source.cause, base=source.base) for cost in costs]
        manifests, costs = parted(list(unexplained.values()))
        effects += [*manifest_effects(manifests), *(traced(cost, None) for cost in costs)]
        return heaviest_first(effects)

    def _side(self, index: int) -> Side:
        if index not in self._without:
            self._without[index] = Side(self._sources[index].revert(self._comparison.head.repository))
        return self._without[index]


def _platform(side: Side) -> dict[str, Manifest]:
    """Return what the platform itself is rendered to, and the canaries' templates, by their paths."""
    return {m.path: m for m in side.expander.standards()[0] if m.path.startswith((_CLUSTER, _CANARIES))}
