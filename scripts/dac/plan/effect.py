"""What a change means for what runs and for what is served: a class, and words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dac.model import EffectClass, Location

# Whose approval each class needs beside the project's own team.
PLATFORM_APPROVES = frozenset(
    [EffectClass.SECURITY, EffectClass.ACCESS, EffectClass.CAPACITY, EffectClass.COST, EffectClass.UNCLASSIFIED]
)


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect of a change.

    Attributes:
        effect_class: its kind.
        change: what was changed, from what to what.
        means: what follows from it, in the words of the standard or the catalog; empty where they have none.
        cause: where the change stands; None where it cannot be told.
        base: whether that is a place in the base, since the head has none.
        amounts: what it costs before and after, in figures; None for what is not about cost.
        decision: the decision whose change it is; empty where it is none's.
    """

    effect_class: EffectClass
    change: str
    means: str = ""
    cause: Location | None = None
    base: bool = False
    amounts: Mapping[str, Any] | None = None
    decision: str = ""


def heaviest_first(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """Return effects by their classes, those that weigh most first."""
    return tuple(sorted(effects, key=lambda effect: effect.effect_class.weight))


def meaning(schema: Mapping[str, Any], path: Sequence[str | int]) -> tuple[EffectClass, str]:
    """Return what a JSON Schema says of a change at a path: the nearest `x-class` and `x-changes` on the way there."""
    effect_class, words = EffectClass.UNCLASSIFIED, ""
    part: Any = schema
    for key in (None, *path):
        part = part if key is None else _below(part, str(key))
        if not isinstance(part, Mapping):
            break
        if part.get("x-class") in list(EffectClass):
            effect_class = EffectClass(part["x-class"])
            words = str(part.get("x-changes", ""))
        elif "x-changes" in part:
            words = str(part["x-changes"])
    return effect_class, words


def _below(schema: Mapping[str, Any], key: str) -> Any:
    properties = schema.get("properties", {})
    if key in properties:
        return properties[key]
    for alternative in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if key in alternative.get("properties", {}):
            return alternative["properties"][key]
    further = schema.get("additionalProperties")
    return further if isinstance(further, Mapping) else schema.get("items")
