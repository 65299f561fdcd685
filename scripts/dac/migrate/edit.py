"""Edits a decisions.yaml as a person would: what does not change stays as it was written, byte for byte."""

from __future__ import annotations

import difflib
import io
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import ScalarString

from dac.model import Standard
from dac.model.migration import Migration


def edited(data: bytes, steps: Mapping[str, Sequence[Standard]]) -> bytes:
    """Return a decisions.yaml with pipelines moved.

    Args:
        data: the file's bytes, which fit the standards that it names.
        steps: pipeline -> the standards whose migrations it goes through, in order.
    """
    text = data.decode()
    newline = "\r\n" if "\r\n" in text else "\n"
    before = text.replace("\r\n", "\n")
    yaml = _yaml(before)
    document = yaml.load(before)
    unchanged = _written(yaml, document)
    for name, standards in steps.items():
        pipeline = document["pipelines"][name]
        for standard in standards:
            assert standard.migration is not None
            _move(pipeline, standard.migration)
            _replace(pipeline, "standard", str(standard.ref))
    after = _as_it_was(before, unchanged, _written(yaml, document))
    return after.replace("\n", newline).encode()


def _yaml(text: str) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000  # nothing is wrapped
    marks = {line.split("#")[0].rstrip() for line in text.split("\n")} & {"---", "..."}
    yaml.explicit_start, yaml.explicit_end = "---" in marks, "..." in marks
    yaml.map_indent = _indent(text)
    return yaml


def _indent(text: str) -> int:
    """Return by how much the first line within `pipelines` is indented."""
    lines = iter(text.split("\n"))
    for line in lines:
        if line.startswith("pipelines"):
            break
    inner = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "  ")
    return max(len(inner) - len(inner.lstrip(" ")), 2)


def _written(yaml: YAML, document: Any) -> str:
    stream = io.StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()


def _as_it_was(original: str, unchanged: str, changed: str) -> str:
    """Return the changed text with every line that the change leaves alone as the original has it.

    Args:
        original: what people wrote.
        unchanged: the same as it is written here.
        changed: what it becomes, as it is written here.
    """
    lines, ours = original.split("\n"), unchanged.split("\n")
    if not original.endswith("\n"):
        lines.append("")
    if len(lines) != len(ours):
        return changed
    theirs: list[str] = []
    for how, start, end, to, until in difflib.SequenceMatcher(
        None, ours, changed.split("\n"), autojunk=False
    ).get_opcodes():
        theirs += lines[start:end] if how == "equal" else changed.split("\n")[to:until]
    text = "\n".join(theirs)
    return text if original.endswith("\n") else text.removesuffix("\n")


def _move(pipeline: CommentedMap, migration: Migration) -> None:
    for decision in migration.drops:
        pipeline.pop(decision, None)
    for decision, keys in migration.moves.items():
        if decision in pipeline:
            _put(pipeline, decision, keys)
    for decision, value in migration.adds.items():
        pipeline.setdefault(decision, value)


def _put(pipeline: CommentedMap, decision: str, keys: Sequence[str]) -> None:
    """Take a decision's value to other keys, with its comment: a new mapping takes the decision's own place."""
    place = list(pipeline).index(decision)
    comment = pipeline.ca.items.pop(decision, None)
    value = pipeline.pop(decision)
    parent = pipeline
    for key in keys[:-1]:
        if key not in parent:
            inner = CommentedMap()
            if pipeline.fa.flow_style():
                inner.fa.set_flow_style()
            parent.insert(place if parent is pipeline else len(parent), key, inner)
        parent = parent[key]
    parent.insert(place if parent is pipeline else len(parent), keys[-1], value)
    if comment is not None:
        parent.ca.items[keys[-1]] = comment


def _replace(pipeline: CommentedMap, key: str, text: str) -> None:
    """Write another text, in the quotes of the one before."""
    former = pipeline[key]
    pipeline[key] = type(former)(text) if isinstance(former, ScalarString) else text
