"""The table of what is tested on which engine names tests that exist, and none twice."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
ROW = re.compile(r"^\| (.+?) \| (\S+) \| (\S+) \| (\S+) \| `(\w+\.py)::(\w+)` \|$")


def test_each_capability_names_a_test_that_is_there() -> None:
    lines = (HERE.parent / "index/stores/README.md").read_text().split("## What is tested", 1)[1].splitlines()
    rows = [row for row in lines if row.startswith("| ")][1:]
    matches = [ROW.match(row) for row in rows]
    assert [row for row, match in zip(rows, matches, strict=True) if not match] == []
    cells = {cell for match in matches if match for cell in match.groups()[1:4]}
    assert cells <= {"yes", "real", "answer", "-"}
    named = [match.groups()[4:] for match in matches if match]
    assert len(set(named)) == len(named)
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (HERE / file).is_file() or f"\ndef {test}(" not in (HERE / file).read_text()
    ]
    assert missing == []
