"""What a cluster would supply: ConfigMaps and Secrets.

They come from the catalog, the rendered platform and a file of one's own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dac.model import Catalog, Document, Finding, Location
from dac.run.argo import held
from dac.run.argo.fields import HELD

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Bindings:
    """ConfigMaps and Secrets by name and key.

    Attributes:
        configmaps: name -> key -> value; those of another namespace under `namespace/name`.
        secrets: name -> key -> value.
        pass_env: names of this machine's variables that every step gets, beside the few that all get.
    """

    configmaps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    pass_env: frozenset[str] = frozenset()

    def passed(self) -> dict[str, str]:
        """Return this machine's variables that were asked for by name."""
        return {name: os.environ[name] for name in sorted(self.pass_env) if name in os.environ}

    def unset(self) -> list[str]:
        """Return the names that were asked for and that this machine has no variable of."""
        return sorted(name for name in self.pass_env if name not in os.environ)

    def configmap(self, name: str, key: str, namespace: str = "") -> str | None:
        """Return a value, or None where the map or the key is missing."""
        data = self.configmaps.get(f"{namespace}/{name}") if namespace else None
        return (data if data is not None else self.configmaps.get(name, {})).get(key)

    def secret(self, name: str, key: str) -> str:
        """Return a Secret's value.

        Raises:
            LookupError: The Secret or its key is missing.
        """
        data = self.secrets.get(name)
        if data is None:
            raise LookupError(f'secrets "{name}" not found')
        if key not in data:
            raise LookupError(f"secret '{name}' has no key '{key}'")
        return data[key]

    def with_secrets(self, place: Mapping[str, Any]) -> dict[str, Any]:
        """Return a map in which each reference to a Secret's key, a `...Secret`, became its text, however deep.

        Raises:
            LookupError: A Secret or its key is missing.
        """
        filled = {key: self.with_secrets(value) if isinstance(value, dict) else value for key, value in place.items()}
        references = {key: value for key, value in place.items() if key.endswith("Secret") and isinstance(value, dict)}
        return filled | {key: self.secret(ref.get("name", ""), ref.get("key", "")) for key, ref in references.items()}

    def merged(self, other: Bindings) -> Bindings:
        """Return these with `other`'s keys over them."""
        configmaps, secrets = _merge(self.configmaps, other.configmaps), _merge(self.secrets, other.secrets)
        return Bindings(configmaps, secrets, self.pass_env | other.pass_env)


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
    """Return the ConfigMaps and Secrets among Kubernetes objects; other namespaces' ConfigMaps as `namespace/name`."""
    configmaps: dict[str, dict[str, str]] = {}
    secrets: dict[str, dict[str, str]] = {}
    for item in objects:
        if item.get("kind") not in HELD:
            continue
        data = held.data_of(dict(item))
        where, name = item["metadata"].get("namespace", namespace), item["metadata"]["name"]
        if item["kind"] == "ConfigMap":
            configmaps[f"{where}/{name}"] = data
        if where == namespace:
            (configmaps if item["kind"] == "ConfigMap" else secrets)[name] = data
    return Bindings(configmaps, secrets)


def of_document(document: Document) -> tuple[Bindings, list[Finding]]:
    """Read a bindings file: ConfigMaps by name (`endpoints`, any other), Secrets under `secrets`, `pass_env`."""
    findings: list[Finding] = []
    maps: dict[str, dict[str, str]] = {}
    secrets: dict[str, dict[str, str]] = {}
    data = document.data if isinstance(document.data, dict) else {}
    if not isinstance(document.data, dict):
        findings.append(
            Finding(Location(document.file), "run.bindings", "the bindings are not a map", "give maps by name")
        )
    passed = data.get("pass_env") or []
    if not isinstance(passed, list) or not all(isinstance(name, str) and _VARIABLE.fullmatch(name) for name in passed):
        remedy = "give them as a list, such as [AWS_PROFILE]"
        findings.append(
            Finding(
                document.at(("pass_env",)), "run.bindings", '"pass_env" is not a list of names of variables', remedy
            )
        )
        passed = []
    for name, values in data.items():
        if name == "pass_env":  # which no ConfigMap can be called
            continue
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
    return Bindings(maps, secrets, frozenset(passed)), findings
