"""Registered models: one that is listed is not listed again, nor is it a project's own, in other letters.

Some registries take `Search.Train` and `search.train` as one model (MLflow on MySQL does): what one line forbids,
another would allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dac.model.names import is_label
from dac.model.words import quoted
from dac.validate.problem import Problem

_RIGHTS = ("promote", "annotate")


def registered_model_problems(
    name: str, facts: Mapping[str, Any], kinds: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    """Yield what is wrong with a registered model that is listed, whose facts are as the schema has them."""
    owned = [entry for owner in kinds.get("owners", {}).values() for entry in owner.get("projects", ())]
    for right in _RIGHTS:
        for index, pipeline in enumerate(facts.get(right, ())):
            if not _covered(pipeline.partition("/")[0], owned):
                text = f"no owner lists the project of {quoted(pipeline)}: whoever takes its name next has this right"
                yield (right, index), text, "take it out, or have the project listed in standards/catalog/owners"
    served = {
        str(facts["registry"]["model"]) for facts in kinds.get("served_models", {}).values() if _registered(facts)
    }
    for other in sorted(served | kinds.get("registered_models", {}).keys()):
        if other != name and other.lower() == name.lower():
            text = f"{quoted(name)} and {quoted(other)} are one model to a registry that ignores case"
            yield (), text, "write both alike"
    project, _, pipeline = name.lower().partition(".")
    if name != name.lower() and is_label(project) and is_label(pipeline):
        text = f"{quoted(name)} is what {project}/{pipeline} registers, to a registry that ignores case"
        yield (), text, f"write {name.lower()}, or rename the model"


def _covered(project: str, entries: list[str]) -> bool:
    """Return whether a project is listed by its name or by how it begins."""
    return any(entry == project or (entry.endswith("*") and project.startswith(entry[:-1])) for entry in entries)


def _registered(facts: Any) -> bool:
    registry = facts.get("registry") if isinstance(facts, Mapping) else None
    return isinstance(registry, Mapping) and "model" in registry
