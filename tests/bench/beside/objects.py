"""What projects render to, as objects; and which of their values differ from project to project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]
Pointer = tuple[str | int, ...]


@dataclass(frozen=True)
class Expansion:
    """The objects of some projects that have one shape.

    Attributes:
        objects: project -> its objects, in one order.
        varying: a value's name -> the places of it, each an object's number and a pointer.
        values: project -> a value's name -> the value.
    """

    objects: Mapping[str, Sequence[Object]]
    varying: Mapping[str, Sequence[tuple[int, Pointer]]]
    values: Mapping[str, Mapping[str, Any]]


def expansion(tree: Path, projects: Iterable[str]) -> Expansion:
    """Read what some projects of a tree were rendered to.

    Raises:
        ValueError: they have not one shape, so that no template gives them all.
    """
    objects = {name: _rendered(tree / "projects" / name / "rendered") for name in projects}
    leaves = {name: _leaves(own) for name, own in objects.items()}
    shape = list(next(iter(leaves.values())))
    for name, own in leaves.items():
        if list(own) != shape:
            raise ValueError(f"{name} renders to other fields than the projects before it")
    varying: dict[str, list[tuple[int, Pointer]]] = {}
    names: dict[str, str] = {}
    for place in shape:
        column = [own[place] for own in leaves.values()]
        if any(value != column[0] for value in column):
            # Values that vary together are one, as whoever writes a chart by hand would have them.
            name = names.setdefault(repr(column), f"value{len(names)}")
            varying.setdefault(name, []).append(place)
    values = {name: {value: own[at[0]] for value, at in varying.items()} for name, own in leaves.items()}
    return Expansion(objects, varying, values)


def alike(ours: Iterable[Object], theirs: Iterable[Object]) -> bool:
    """Whether two sets of objects are equal, in whatever order."""
    return _by_name(ours) == _by_name(theirs)


def documents(text: str | bytes) -> list[Object]:
    """Return the objects of a YAML text."""
    return [each for each in yaml.load_all(text, Loader=yaml.CSafeLoader) if each is not None]


def _by_name(objects: Iterable[Object]) -> dict[tuple[str, str, str], Object]:
    def key(each: Object) -> tuple[str, str, str]:
        return each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]

    return {key(each): each for each in objects}


def _rendered(folder: Path) -> list[Object]:
    return [each for file in sorted(folder.rglob("*.yaml")) for each in documents(file.read_bytes())]


def _leaves(value: Any, pointer: Pointer = ()) -> dict[tuple[int, Pointer], Any]:
    if not value or not isinstance(value, dict | list):
        return {(int(pointer[0]), pointer[1:]): value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {place: leaf for key, item in items for place, leaf in _leaves(item, (*pointer, key)).items()}
