"""The format of a withSequence gives what Go's fmt.Sprintf gave: sprintf.json holds its answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dac.run.argo.sprintf import sprintf

CASES = json.loads((Path(__file__).parent / "sprintf.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["format"])
def test_the_answer_is_gos(case: dict[str, Any]) -> None:
    assert sprintf(case["format"], case["number"]) == case["gives"]
