"""Which migrations lead from a version of a standard to another."""

from __future__ import annotations

from collections.abc import Mapping

from dac.model import Standard, StandardRef


class NoRouteError(ValueError):
    """No migrations lead from one version to the other."""


def newest(ref: StandardRef, standards: Mapping[StandardRef, Standard]) -> StandardRef:
    """Return the newest version that migrations lead to from `ref`; itself where there is none."""
    others = sorted((other for other in standards if other.name == ref.name), key=_number, reverse=True)
    for other in others:
        if _number(other) > _number(ref) and _backwards(ref, other, standards) is not None:
            return other
    return ref


def route(ref: StandardRef, to: StandardRef, standards: Mapping[StandardRef, Standard]) -> list[Standard]:
    """Return the standards whose migrations lead from `ref` to `to`, in the order in which they are gone through.

    Raises:
        NoRouteError: there are none.
    """
    if (steps := _backwards(ref, to, standards)) is None:
        raise NoRouteError(f"no migration leads from {ref} to {to}")
    return steps


def _backwards(ref: StandardRef, to: StandardRef, standards: Mapping[StandardRef, Standard]) -> list[Standard] | None:
    steps: list[Standard] = []
    at = to
    while at != ref:
        standard = standards.get(at)
        if standard is None or standard.migration is None or standard in steps:
            return None
        steps.insert(0, standard)
        at = StandardRef(at.name, standard.migration.version)
    return steps


def _number(ref: StandardRef) -> int:
    return int(ref.version[1:])
