"""How a pipeline of one version of a standard becomes one of another: data, from migration.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dac.model.document import Document
from dac.model.effect_class import EffectClass


@dataclass(frozen=True, slots=True)
class Migration:
    """What happens to a pipeline's decisions; those that it does not name stay as they are.

    Attributes:
        version: that it starts from.
        means: what follows for the pipeline, in words.
        effect_class: of the move itself.
        moves: decision -> keys under which its value stands afterwards.
        drops: decision -> why it goes.
        adds: decision that nothing is moved to -> its value.
        document: migration.yaml as loaded.
    """

    version: str
    means: str
    effect_class: EffectClass
    moves: Mapping[str, tuple[str, ...]]
    drops: Mapping[str, str]
    adds: Mapping[str, Any]
    document: Document

    def applied(self, decisions: Mapping[str, Any]) -> dict[str, Any]:
        """Return the decisions of a pipeline as they are after it."""
        moved = {name: value for name, value in decisions.items() if name not in (*self.moves, *self.drops)}
        for name, keys in self.moves.items():
            if name not in decisions:
                continue
            parent = moved
            for key in keys[:-1]:
                parent[key] = dict(parent.get(key, {}))
                parent = parent[key]
            parent[keys[-1]] = decisions[name]
        return {**self.adds, **moved}
