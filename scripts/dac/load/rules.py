"""Reads what the rules under policy/ say of themselves: the METADATA comments of OPA."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from dac.model import Location, Reason, Rule
from dac.model.entry import irregular

_MARK = "# METADATA"


def load_rules(root: Path) -> list[Rule]:
    """Each policy/<rule>/<rule>.rego, sorted; what one does not say of itself is empty."""
    return [_rule(path.stem, [data for _, data in _blocks(path.read_text("utf-8"))]) for path in _files(root)]


def rule_metadata(root: Path) -> Iterator[tuple[Location, Any]]:
    """Yield `custom` of the METADATA of each finding of each rule, and where it stands."""
    for path in _files(root):
        file = path.relative_to(root).as_posix()
        for line, data in list(_blocks(path.read_text("utf-8")))[1:]:
            if "custom" in data:
                yield Location(file, line), data["custom"]


def metadata_schema(root: Path) -> dict[str, Any]:
    """Return policy/metadata.schema.json; empty where there is none."""
    path = root / "policy" / "metadata.schema.json"
    return dict(json.loads(path.read_text("utf-8"))) if not irregular(path, root) else {}


def _files(root: Path) -> list[Path]:
    files = (path for path in (root / "policy").glob("*/*.rego") if path.stem == path.parent.name)
    return sorted(path for path in files if not irregular(path, root))


def _blocks(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the METADATA comments, which are YAML, each with its line."""
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        if line != _MARK:
            continue
        block = []
        for _, comment in lines:
            if not comment.startswith("#"):
                break
            block.append(comment[2:])
        data = yaml.load("\n".join(block), Loader=yaml.CSafeLoader)
        if isinstance(data, dict):
            yield number, data


def _rule(name: str, blocks: list[dict[str, Any]]) -> Rule:
    package = blocks[0] if blocks else {}
    reasons = tuple(
        Reason(
            f"{name}.{custom['short_name']}",
            block.get("title", ""),
            custom.get("failure_msg", ""),
            custom.get("solution", ""),
            custom.get("severity", "error"),
            str(custom.get("denies_from", "")),
        )
        for block in blocks[1:]
        if "short_name" in (custom := block.get("custom", {}))
    )
    return Rule(name, package.get("title", name), package.get("description", "").strip(), reasons)
