"""What a standard tells its last step, so that the receipt can say with which arguments a run was started."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

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
    facts = yaml.safe_load((standard / "standard.yaml").read_text())
    texts = facts["decisions"]["properties"].values()
    longest = max(text.get("maxLength", 512) for text in texts)
    # Six bytes a character, as JSON escapes the longest.
    assert len(facts["parameters"]) * (6 * longest + 64) < 128 * 1024
