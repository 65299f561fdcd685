"""The catalog's facts as pods read them: ConfigMaps of their namespace, one a kind, the entry's JSON under its name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

PREFIX = "catalog-"  # of the ConfigMaps' names
FILE = "standards/platform/catalog/rendered/facts.yaml"  # what they are rendered into
_ARGUMENT = re.compile(r"workflow\.parameters\.([A-Za-z0-9_-]+)")

Maps = Mapping[str, Mapping[str, str]]  # a ConfigMap's name -> its data
# Answers the tags `{{...}}` of a text, given values by their names; a tag that cannot be answered stays as it is.
Answer = Callable[[str, Mapping[str, str]], str]


def maps_of(objects: Iterable[Mapping[str, Any]]) -> Maps:
    """Return the data of the catalog's ConfigMaps among rendered objects."""
    named = {str(each["metadata"]["name"]): each for each in objects if each.get("kind") == "ConfigMap"}
    return {name: dict(each.get("data") or {}) for name, each in named.items() if name.startswith(PREFIX)}


def reference_of(variable: Any) -> tuple[str, str] | None:
    """Return the ConfigMap and the key, tags and all, of a variable that holds facts; None for anything else."""
    source = variable.get("valueFrom") if isinstance(variable, Mapping) else None
    reference = source.get("configMapKeyRef") if isinstance(source, Mapping) else None
    if not isinstance(reference, Mapping) or not str(reference.get("name", "")).startswith(PREFIX):
        return None
    return str(reference["name"]), str(reference.get("key", ""))


def variables_of(value: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the name and the reference of each variable at or below a value that holds facts."""
    if (reference := reference_of(value)) is not None:
        yield str(value.get("name", "")), reference
        return
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for item in inner:
        yield from variables_of(item)


def arguments_in(text: str) -> set[str]:
    """Return the names of the workflow's arguments that a text reads."""
    return set(_ARGUMENT.findall(text))


def text_of(reference: tuple[str, str], maps: Maps, values: Mapping[str, str], answer: Answer) -> str | None:
    """Return what a variable holds in a run; None where the map or the key is missing.

    Args:
        reference: as `reference_of` returns it.
        maps: the catalog's ConfigMaps.
        values: the workflow's arguments, as `workflow.parameters.NAME`.
        answer: fills in the key's tags.
    """
    name, key = reference
    return maps.get(name, {}).get(answer(key, values) if "{{" in key else key)


def digest_of(text: str) -> str:
    """Return the hash by which a receipt names facts."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
