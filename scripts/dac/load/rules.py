"""Reads what the rules under policy/ say of themselves: the METADATA comments of OPA."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from dac.model import Reason, Rule

_MARK = "# METADATA"


def load_rules(root: Path) -> list[Rule]:
    """Each policy/<rule>/<rule>.rego, sorted; what one does not say of itself is empty."""
    files = sorted(path for path in (root / "policy").glob("*/*.rego") if path.stem == path.parent.name)
    return [_rule(path.stem, list(_blocks(path.read_text("utf-8")))) for path in files]


def _blocks(text: str) -> Iterator[dict[str, Any]]:
    """Return the METADATA comments, which are YAML."""
    lines = iter(text.splitlines())
    for line in lines:
        if line != _MARK:
            continue
        block = []
        for comment in lines:
            if not comment.startswith("#"):
                break
            block.append(comment[2:])
        data = yaml.load("\n".join(block), Loader=yaml.CSafeLoader)
        if isinstance(data, dict):
            yield data


def _rule(name: str, blocks: list[dict[str, Any]]) -> Rule:
    package = blocks[0] if blocks else {}
    reasons = tuple(
        Reason(
            f"{name}.{custom['short_name']}",
            block.get("title", ""),
            custom.get("failure_msg", ""),
            custom.get("solution", ""),
            custom.get("severity", "error"),
        )
        for block in blocks[1:]
        if "short_name" in (custom := block.get("custom", {}))
    )
    return Rule(name, package.get("title", name), package.get("description", "").strip(), reasons)
