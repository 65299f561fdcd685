"""What a cluster would supply: ConfigMaps and Secrets.

They come from the catalog, the rendered platform and a file of one's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dac.model import Catalog, Document, Finding, Location


@dataclass(frozen=True, slots=True)
class Bindings:
    """ConfigMaps and Secrets by name and key.

    Attributes:
        configmaps: name -> key -> value; those of another namespace under `namespace/name`.
        secrets: name -> key -> value.
    """

    configmaps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def configmap(self, name: str, key: str, namespace: str = "") -> str | None:
        """Return a value, or None where the map or the key is missing."""
        data = self.configmaps.get(f"{namespace}/{name}") if namespace else None
        return (data if data is not None else self.configmaps.get(name, {})).get(key)

    def merged(self, other: Bindings) -> Bindings:
        """Return these with `other`'s keys over them."""
        return Bindings(_merge(self.configmaps, other.configmaps), _merge(self.secrets, other.secrets))


def _merge(under: Mapping[str, Mapping[str, str]], over: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {
        name: {**under.get(name, {}), **over.get(name, {})} for name in (*under, *(n for n in over if n not in under))
    }


def of_catalog(catalog: Catalog, state: Path) -> Bindings:
    """Return the `local` address of each endpoint in the catalog, with {state} put in."""
    endpoints = {
        name: facts["local"].replace("{state}", str(state))
        for name, facts in catalog.kinds.get("endpoints", {}).items()
        if isinstance(facts.get("local"), str)
    }
    return Bindings({"endpoints": endpoints})


def of_objects(objects: Iterable[Mapping[str, Any]], namespace: str) -> Bindings:
    """Return the ConfigMaps among Kubernetes objects, by name in `namespace` and by `namespace/name` in any."""
    configmaps: dict[str, dict[str, str]] = {}
    for item in objects:
        if item.get("kind") == "ConfigMap":
            data = {key: str(value) for key, value in (item.get("data") or {}).items()}
            where, name = item["metadata"].get("namespace", namespace), item["metadata"]["name"]
            configmaps[f"{where}/{name}"] = data
            if where == namespace:
                configmaps[name] = data
    return Bindings(configmaps)


def of_document(document: Document) -> tuple[Bindings, list[Finding]]:
    """Read a bindings file: ConfigMaps by name (`endpoints`, `limits`, any other), and Secrets under `secrets`."""
    findings: list[Finding] = []
    maps: dict[str, dict[str, str]] = {}
    secrets: dict[str, dict[str, str]] = {}
    data = document.data if isinstance(document.data, dict) else {}
    if not isinstance(document.data, dict):
        findings.append(
            Finding(Location(document.file), "run.bindings", "the bindings are not a map", "give maps by name")
        )
    for name, values in data.items():
        groups = values if name == "secrets" else {name: values}
        for inner, keys in (groups or {}).items() if isinstance(groups, dict) else []:
            if not isinstance(keys, dict) or any(isinstance(value, (dict, list)) for value in keys.values()):
                place = document.at_key((name,))
                findings.append(
                    Finding(place, "run.bindings", f'"{inner}" is not a map of text', "give keys with text values")
                )
                continue
            target = secrets if name == "secrets" else maps
            target[inner] = {key: "" if value is None else str(value) for key, value in keys.items()}
    return Bindings(maps, secrets), findings
