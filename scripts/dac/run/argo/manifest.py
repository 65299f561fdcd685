"""Kubernetes YAML into documents with places, as kubectl reads it (sigs.k8s.io/yaml: YAML 1.1, dates are text)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from dac.model import Document, Finding, Location, Pointer

_BOOLEANS = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_NULLS = {"", "~", "null", "Null", "NULL"}
_INT = re.compile(r"[-+]?(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_MAX_NODES = 200_000
_MAX_DEPTH = 100  # a workflow's own fields reach about 20


def documents(text: str, file: str) -> tuple[list[Document], list[Finding]]:
    """Return every document of a file that is not empty; none, and a finding, where the file is invalid."""
    result: list[Document] = []
    try:
        for root in yaml.compose_all(text, Loader=yaml.CSafeLoader):
            if root is None:
                continue
            reader = _Reader()
            data = reader.value(root, ())
            if data is not None:
                result.append(Document(file, data, reader.keys, reader.values))
    except (yaml.YAMLError, _ManifestError) as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "mark", None)
        place = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)
        problem = getattr(error, "problem", None) or str(error)
        return [], [Finding(place, "run.yaml", f"invalid YAML: {problem}", "fix the file")]
    if not result:
        return [], [Finding(Location(file), "run.kind", "the file is empty", "give a workflow")]
    return result, []


class _ManifestError(Exception):
    def __init__(self, message: str, mark: Any) -> None:
        super().__init__(message)
        self.mark = mark


class _Reader:
    def __init__(self) -> None:
        self.keys: dict[Pointer, tuple[int, int]] = {}
        self.values: dict[Pointer, tuple[int, int]] = {}
        self.count = self.depth = 0

    def value(self, node: Any, pointer: Pointer) -> Any:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _ManifestError(f"nested deeper than {_MAX_DEPTH} levels (an alias within itself?)", node.start_mark)
        value = self.part(node, pointer)
        self.depth -= 1
        return value

    def part(self, node: Any, pointer: Pointer) -> Any:
        self.count += 1
        if self.count > _MAX_NODES:
            raise _ManifestError("too many values (an alias that multiplies itself?)", node.start_mark)
        self.values[pointer] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, pointer)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*pointer, index)) for index, item in enumerate(node.value)]
        try:
            return _scalar(node)
        except (ValueError, OverflowError) as error:
            raise _ManifestError("a number that cannot be read", node.start_mark) from error

    def mapping(self, node: Any, pointer: Pointer) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        own: set[str] = set()
        for key_node, value_node in node.value:
            if key_node.value == "<<" and not key_node.style:
                for merged in self.merged(value_node, pointer):
                    mapping = {**merged, **mapping}
                continue
            key = _key(key_node)
            if key in own:
                raise _ManifestError(f'duplicate key "{key}"', key_node.start_mark)
            own.add(key)
            self.keys[(*pointer, key)] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            mapping[key] = self.value(value_node, (*pointer, key))
        return mapping

    def merged(self, node: Any, pointer: Pointer) -> Iterator[dict[str, Any]]:
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(source, yaml.MappingNode):
                raise _ManifestError("map merge requires map or sequence of maps as the value", source.start_mark)
            yield self.value(source, pointer)


def _key(node: Any) -> str:
    """Return a key as text: an unquoted `n` or `on` is a boolean to YAML 1.1, and its text is that of the boolean."""
    value = _scalar(node) if isinstance(node, yaml.ScalarNode) else None
    if value is None:
        raise (
            _ManifestError("a key that is not text", node.start_mark)
            if not isinstance(node, yaml.ScalarNode)
            else _ManifestError("an empty key", node.start_mark)
        )
    return str(value).lower() if isinstance(value, bool) else str(value)


def _scalar(node: Any) -> Any:
    text = str(node.value)
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INT.fullmatch(text):
        number = text.replace("_", "").lower()
        sign, digits = (-1, number[1:]) if number.startswith("-") else (1, number.lstrip("+"))
        octal = re.fullmatch(r"0o?([0-7]+)", digits)
        return sign * (int(octal[1], 8) if octal else int(digits, 0))
    return _finite(text) if _FLOAT.fullmatch(text) else text


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):  # JSON has no such number, and Kubernetes reads YAML as JSON
        raise OverflowError(text)
    return number
