"""Each case folder's workflow gives the nodes, phases, messages and outputs that the controller of Argo 4.0.5 gave.

expected.json was written by the controller itself; `tests/cluster` runs the same folders on a cluster.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from runner_harness import run_file
from shape import of_record
from sweep import some

WAITING = {"timeout", "deadline", "fan-out-fails-fast"}  # seconds by the clock: last, for a minute's loop to leave out
CASES = sorted(
    (path.parent for path in Path(__file__).parent.glob("cases/*/workflow.yaml")),
    key=lambda folder: (folder.name in WAITING, folder.name),
)


@pytest.mark.parametrize("own_roots", [None, False], ids=["own-roots", "shared-root"])
@pytest.mark.parametrize("case", some(CASES, len(CASES) - len(WAITING)), ids=lambda case: case.name)
def test_case(case: Path, own_roots: bool | None, tmp_path: Path) -> None:
    """In roots of their own, where this machine gives containers such, and with paths rewritten in their commands."""
    expected = json.loads((case / "expected.json").read_text())
    assert of_record(run_file(case / "workflow.yaml", tmp_path, own_roots=own_roots)) == expected
