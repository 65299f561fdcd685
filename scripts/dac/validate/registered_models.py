"""Registered models: one that is listed is not listed again, nor is it a project's own, in other letters.

Some registries take `Search.Train` and `search.train` as one model (MLflow on MySQL does): what one line forbids,
another would allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dac.model.names import is_label
from dac.model.suggestion import choose_from
from dac.model.words import quoted
from dac.validate.problem import Problem


def registered_model_problems(
    name: str, facts: Mapping[str, Any], kinds: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    """Yield what is wrong with the name of a registered model that is listed, and with its owners."""
    served = {
        str(model["registry"]["model"]) for model in kinds.get("served_models", {}).values() if _registered(model)
    }
    for other in sorted(served | kinds.get("registered_models", {}).keys()):
        if other != name and other.lower() == name.lower():
            text = f"{quoted(name)} and {quoted(other)} are one model to a registry that ignores case"
            yield (), text, "write both alike"
    for index, owner in enumerate(facts.get("owners", ())):
        if owner not in (owners := kinds.get("owners", {})):
            yield ("owners", index), f"{quoted(owner)} is not in standards/catalog/owners.yaml", choose_from(owners)
    project, _, pipeline = name.lower().partition(".")
    if name != name.lower() and is_label(project) and is_label(pipeline):
        text = f"{quoted(name)} is what {project}/{pipeline} registers, to a registry that ignores case"
        yield (), text, f"write {name.lower()}, or rename the model"


def _registered(facts: Any) -> bool:
    registry = facts.get("registry") if isinstance(facts, Mapping) else None
    return isinstance(registry, Mapping) and "model" in registry
