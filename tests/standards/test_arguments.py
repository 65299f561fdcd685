"""What a standard tells its last step, so that the receipt can say with which arguments a run was started."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from dac.load.standards import load_standards
from dac.model import StandardRef

ROOT = Path(__file__).parents[2]
STANDARDS = sorted(path.parent for path in (ROOT / "standards").glob("*/v*/standard.yaml"))


@pytest.mark.exhaustive
@pytest.mark.parametrize("standard", STANDARDS, ids=lambda folder: f"{folder.parent.name}@{folder.name}")
def test_the_exit_handler_gets_the_arguments_in_effect(standard: Path) -> None:
    spec = yaml.safe_load((standard / "rendered.yaml").read_text())["spec"]
    last = next(template for template in spec["templates"] if template["name"] == spec["onExit"])
    assert {"name": "ARGUMENTS", "value": "{{workflow.parameters}}"} in last["container"]["env"]


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda folder: f"{folder.parent.name}@{folder.name}")
def test_the_arguments_fit_a_variable_at_their_longest(standard: Path) -> None:
    """Linux holds a variable to 128 KiB; a decision is at most as long as its schema says, the others are names."""
    facts = load_standards(ROOT)[0][StandardRef(standard.parent.name, standard.name)]
    # Six bytes a character, as JSON escapes the longest.
    decided = sum(6 * longest(schema) for schema in facts.decisions["properties"].values())
    assert decided + len(facts.parameters) * 64 < 128 * 1024


def longest(schema: Mapping[str, Any]) -> int:
    """Return how many characters of an argument a decision makes at most: of a mapping with its names."""
    if isinstance(entry := schema.get("additionalProperties"), dict):
        return int(schema["maxProperties"]) * (longest(entry) + 64)
    return int(schema.get("maxLength", 512))
