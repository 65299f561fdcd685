"""Where a namespace's quota and the endpoints that it may reach come from: what Python computes, followed alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dac.expand.endpoints import endpoints_used, filled
from dac.expand.origins.influence import influences
from dac.expand.origins.sourced import Origins, Sourced, fixed, mapping, written
from dac.expand.quota import Containers, quota
from dac.model import Catalog, Document, Pointer, Standard, value_at

_RUNS = ("runs", "kept")
_EXECUTOR = ("executor", "resources")
_CONTAINER = ("container", "resources")


def quota_of(
    value: Mapping[str, str],
    standards: Mapping[str, Standard],
    arguments: Mapping[str, Mapping[str, Sourced]],
    catalog: Catalog,
    fragments: Document | None,
) -> Sourced:
    """Return a namespace's quota with what each quantity is summed from.

    Args:
        value: the quota.
        standards: pipeline -> its standard.
        arguments: pipeline -> its arguments.
        catalog: sizes, and the platform's facts.
        fragments: the platform's fragments, with the container of a step that no size speaks of; None without them.
    """
    sizes = {str(given["size"].value) for given in arguments.values() if "size" in given}
    documents, kinds = catalog.documents, catalog.kinds
    nowhere = Document("", {})
    container, platform = fragments or nowhere, documents.get("platform", nowhere)
    used = {name: facts for name, facts in kinds.get("sizes", {}).items() if name in sizes}
    inputs = {
        "sizes": written(documents.get("sizes", nowhere), (), used),
        "plain": written(container, _CONTAINER, value_at(container.data, _CONTAINER, {})),
        "executor": written(platform, _EXECUTOR, value_at(kinds.get("platform", {}), _EXECUTOR, {})),
        "services": written(documents.get("services", nowhere), (), dict(kinds.get("services", {}))),
        "runs": written(platform, _RUNS, value_at(kinds.get("platform", {}), _RUNS, 0)),
        "arguments": mapping({name: mapping(given) for name, given in arguments.items()}),
        "limits": mapping(
            {name: written(standard.document, ("limits",), standard.limits) for name, standard in standards.items()}
        ),
    }

    def compute(values: Mapping[str, Any]) -> Any:
        pipelines = [
            (replace(standards[name], limits=values["limits"][name]), values["arguments"][name])
            for name in values["arguments"]
        ]
        containers = Containers(values["plain"], values["executor"])
        return quota(pipelines, values["sizes"], containers, values["runs"], values["services"])

    return _lazy(value, inputs, compute)


def endpoints_of(
    value: list[str],
    keys: Mapping[str, Mapping[str, Origins]],
    arguments: Mapping[str, Mapping[str, Sourced]],
    catalog: Catalog,
) -> Sourced:
    """Return the endpoints that a project's pods read, with what names each.

    Args:
        value: the names.
        keys: pipeline -> the keys that its standard's template reads, with where each is written.
        arguments: pipeline -> its arguments.
        catalog: the endpoints.
    """
    names = catalog.kinds.get("endpoints", {})
    inputs = {
        "arguments": mapping({name: mapping(given) for name, given in arguments.items()}),
        "keys": mapping(
            {
                name: mapping({str(i): fixed(key, *lines) for i, (key, lines) in enumerate(own.items())})
                for name, own in keys.items()
            }
        ),
    }

    def compute(values: Mapping[str, Any]) -> Any:
        used: set[str] = set()
        for name, given in values["arguments"].items():
            used |= endpoints_used(filled(values["keys"].get(name, {}).values(), given), names)
        return sorted(used)

    return _lazy(value, inputs, compute)


def _lazy(value: Any, inputs: Mapping[str, Sourced], compute: Any) -> Sourced:
    followed: dict[Pointer, Origins] = {}

    def origins(pointer: Pointer) -> Origins:
        if not followed:
            followed.update(influences(inputs, compute, value))
            followed.setdefault((), ())
        return tuple(origin for leaf, own in followed.items() if leaf[: len(pointer)] == pointer for origin in own)

    return Sourced(value, origins)
