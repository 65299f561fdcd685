"""The leaves of one rendered object, from what tracing its template gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dac.expand.content import content_of
from dac.expand.origins.influence import differing
from dac.expand.origins.sourced import Origins, Sourced
from dac.expand.origins.trace import Traced
from dac.model import Document, Manifest, Pointer
from dac.model.object_path import Path, by_name
from dac.model.origin import Leaf, Origin, OriginKind


def leaves_of(subject: str, manifest: Manifest, index: int, traced: Traced, document: Document) -> Iterator[Leaf]:
    """Return the leaves of one object of a manifest, and those that the trace does not account for as unknown."""
    rendered = manifest.objects[index]
    strange = set(differing(rendered, traced.value))
    path_of, path_rendered = _paths(traced.viewed), _paths(rendered)
    title = f"[{rendered.get('kind', '')}/{rendered.get('metadata', {}).get('name', '')}]"
    for pointer, (value, ask) in traced.leaves.items():
        if pointer not in strange:
            path = (title, *path_of(pointer))
            yield Leaf(subject, manifest.path, path, pointer, value, _field(rendered, pointer), ask)
    content = content_of(Manifest(manifest.path, (rendered,)))
    for pointer in sorted(strange, key=str):
        value = at(rendered, pointer)
        origin = Origin(OriginKind.COMPUTED, None, (), document.at(()))  # the hash of the whole object
        hashed = content and value == content
        path = (title, *path_rendered(pointer))
        yield Leaf(subject, manifest.path, path, pointer, value, pointer, _asking(origin if hashed else None))


def _field(rendered: Any, pointer: Pointer) -> Pointer:
    """Return as much of a pointer as leads to a field; the rest leads into its text."""
    for depth, key in enumerate(pointer):
        if isinstance(rendered, str):
            return pointer[:depth]
        rendered = rendered[key]
    return pointer


def _asking(origin: Origin | None) -> Callable[[], Origins]:
    return lambda: (origin,) if origin else ()


def _paths(value: Any) -> Callable[[Pointer], Path]:
    """Return what gives a pointer into a value as a path, with the items of lists named as people name them."""
    # Leaves share most of their way, and a list's names take a look at all of its items.
    walked: dict[Pointer, tuple[Path, Any]] = {(): ((), value)}
    labels: dict[Pointer, list[str] | None] = {}

    def walk(pointer: Pointer) -> tuple[Path, Any]:
        if pointer not in walked:
            above, key = pointer[:-1], pointer[-1]
            path, held = walk(above)
            if isinstance(key, int):
                if above not in labels:
                    names = by_name(held)
                    labels[above] = list(names) if names else None
                named = labels[above]
                label = f"[{named[key] if named else key}]"
            else:
                label = key
            walked[pointer] = ((*path, label), held[key])
        return walked[pointer]

    return lambda pointer: walk(pointer)[0]


def at(value: Any, pointer: Pointer) -> Any:
    """Return the value at a pointer, or the text on the way there that holds it as JSON."""
    for key in pointer:
        if isinstance(value, str):
            return value
        value = value[key]
    return value


def config_maps(objects: list[Traced]) -> dict[str, Sourced]:
    """Return what the ConfigMaps among some objects hold, by name."""
    return {
        str(traced.value["metadata"]["name"]): Sourced(traced.viewed, traced.sourced().origins).below("data")
        for traced in objects
        if traced.value.get("kind") == "ConfigMap" and "data" in traced.value
    }
