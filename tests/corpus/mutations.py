"""Mutants of good objects: one change each, chosen by a seed. What each kind of change is stands in spoilt_*.py."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import Any

Object = dict[str, Any]
Spoil = Callable[[Object, Random], None]


@dataclass(frozen=True)
class Subject:
    """An object, and where it belongs.

    Attributes:
        group: `pipeline` (a CronWorkflow), `run` (a Workflow that a person starts), `object` (anything else).
        project: whose it is.
        folder: of projects/<project>/rendered that holds it; the pipeline's, of a run.
        object: as Argo CD applies it or a person creates it.
        pipeline: the CronWorkflow that a run comes from.
        kind: of the change that was made to it; empty while it is good.
    """

    group: str
    project: str
    folder: str
    object: Object
    pipeline: Object | None = None
    kind: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of change.

    Attributes:
        name: `<group>/<what it does>`.
        spoil: makes it, in place.
        only: the kinds of objects, or the templates of pipelines, that it is made to; any when empty.
    """

    name: str
    spoil: Spoil
    only: tuple[str, ...] = ()

    def fits(self, subject: Subject) -> bool:
        """Whether the change can be made to an object."""
        same_group = self.name.startswith(f"{subject.group}/")
        template = subject.object.get("spec", {}).get("workflowSpec", {}).get("workflowTemplateRef", {}).get("name")
        return same_group and (not self.only or bool({subject.object["kind"], template} & set(self.only)))


KINDS: dict[str, Kind] = {}


def spoils(*groups: str, only: tuple[str, ...] = ()) -> Callable[[Spoil], Spoil]:
    """Register a function as a kind of change to the objects of some groups, by its own name."""

    def register(spoil: Spoil) -> Spoil:
        for group in groups:
            name = f"{group}/{spoil.__name__.replace('_', '-')}"
            KINDS[name] = Kind(name, spoil, only)
        return spoil

    return register


def mutants(originals: Sequence[Subject], seed: int, count: int) -> list[Subject]:
    """Return mutants of good objects: every kind once, then each again with other values, until there are `count`."""
    return list(islice(_endless(originals, Random(seed)), count))


def _endless(originals: Sequence[Subject], random: Random) -> Iterator[Subject]:
    while True:
        for kind in random.sample(sorted(KINDS.values(), key=lambda kind: kind.name), len(KINDS)):
            subject = random.choice([each for each in originals if kind.fits(each)])
            spoilt = copy.deepcopy(subject.object)
            kind.spoil(spoilt, random)
            yield replace(subject, object=spoilt, kind=kind.name)
